"""Connectors: one module per kind of source, behind one protocol."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from app.domain.acl import Acl
from ingestion.problem import DocumentProblem


@dataclass(frozen=True, slots=True)
class Listed:
    """A document that a source has. `read` gives its content and may raise DocumentProblem;
    `classification` is the floor that its folder states; `withheld` means that nobody knows how
    it must be treated: what is indexed of it stays as it is, and nobody may read it. What has the
    `version` of before has the content of before; empty where the source cannot promise that.
    `mime_type` is empty where its name says it."""

    external_id: str
    title: str
    uri: str
    container: str | None
    acl: Acl | None
    classification: str | None
    withheld: bool
    read: Callable[[], bytes]
    version: str = ""
    mime_type: str = ""


@dataclass(frozen=True, slots=True)
class Scan:
    """Everything a source has now: its containers with their ACLs, its documents, and what is
    wrong with it, by name. Content is not read."""

    containers: dict[str, Acl]
    documents: tuple[Listed, ...]
    problems: dict[str, DocumentProblem]

    @property
    def names(self) -> frozenset[str]:
        """The external ids of the documents."""
        return frozenset(listed.external_id for listed in self.documents)

    def check(self, anything_known: bool) -> None:
        """Raises SourceUnreadable where a source that had documents has nothing at all."""
        if anything_known and not self.documents and not self.containers:
            raise SourceUnreadable(
                "the source is empty, as if it were not mounted, so nothing was deleted;"
                " mount it, or remove the source"
            )


@dataclass(frozen=True, slots=True)
class Standing:
    """Who may read one document now: by its container, whose ACL is `container_acl`, and by an ACL
    of its own where it has one."""

    container: str | None
    container_acl: Acl | None
    acl: Acl | None


class Connector(Protocol):
    """Reads one source."""

    def scan(self) -> Scan:
        """What is there. Blocks. Raises SourceUnreadable when the source cannot be read, which
        never means that it is empty."""

    def verify(self, external_id: str) -> Standing | None:
        """Where one document stands at this moment, asked of the source itself; None where it has
        none of that name, or nobody knows who may read it. Blocks. Raises SourceUnreadable where it
        does not answer."""


class SourceUnreadable(Exception):
    """The message says what is wrong and what to do."""
