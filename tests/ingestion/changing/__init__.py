"""Sources whose ACLs a test changes: one module per family of sources, behind one protocol, and the
plain model of who may read what there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

ADA, BOB, EVE, HR = "ada", "bob", "eve", "hr"
PEOPLE = (ADA, BOB, EVE)
DOMAIN = "house.example"
LEVELS = ("public", "internal", "confidential", "regulated")


def words(document: str) -> str:
    """What a document says, by which a search tells it from others."""
    return f"shared words of paper {document}"


def address(who: str) -> str:
    """As an ACL of here names a person or a group."""
    return f"{who}@{DOMAIN}" if who in PEOPLE else f"group:{who}"


@dataclass
class Model:
    """`folders` and `own` are who may read what is in a folder, or a document that says so itself:
    people, and `groups`. Each change is made here as at the source."""

    folders: dict[str, set[str]]
    at: dict[str, str]
    own: dict[str, set[str]] = field(default_factory=dict)
    denied: dict[str, set[str]] = field(default_factory=dict)
    groups: dict[str, set[str]] = field(default_factory=lambda: {HR: {BOB}})

    def found(self, person: str) -> frozenset[str]:
        """The documents that somebody may read."""
        return frozenset(document for document in self.at if person in self.readers(document))

    def readers(self, document: str) -> frozenset[str]:
        folder = self.at[document]
        named = self.own.get(document, self.folders[folder])
        return self._people(named) - self._people(self.denied.get(folder, set()))

    def share(self, document: str, who: str) -> None:
        self.own[document] = self.own.get(document, self.folders[self.at[document]]) | {who}

    def unshare(self, document: str, who: str) -> None:
        self.own[document] = self.own.get(document, self.folders[self.at[document]]) - {who}

    def open(self, folder: str, who: str) -> None:
        self.folders[folder] = self.folders[folder] | {who}

    def close(self, folder: str, who: str) -> None:
        self.folders[folder] = self.folders[folder] - {who}

    def deny(self, folder: str, who: str) -> None:
        self.denied[folder] = self.denied.get(folder, set()) | {who}

    def move(self, document: str, folder: str) -> None:
        self.at[document] = folder

    def delete(self, document: str) -> None:
        del self.at[document]

    def join(self, group: str, who: str) -> None:
        self.groups[group] = self.groups[group] | {who}

    def leave(self, group: str, who: str) -> None:
        self.groups[group] = self.groups[group] - {who}

    def _people(self, named: set[str]) -> frozenset[str]:
        people = named & set(PEOPLE)
        return frozenset(people.union(*(self.groups[one] for one in named if one not in PEOPLE)))


def usual() -> Model:
    """Two folders: in the one a document for Ada alone, and one for those of the folder; in the
    other, which is a group's, a third."""
    folders = {"plans": {ADA, BOB}, "pay": {HR}}
    return Model(folders, {"a": "plans", "b": "plans", "c": "pay"}, own={"a": {ADA}})


Step = tuple[str, str, str]
"""A method of Changing, of what, and for whom or where to."""


class Changing(Protocol):
    """A source that has what its `model` says when it is made. `config` is what it is registered
    with, which a change may replace; `hosts` what the operator lets be reached. It has a method for
    each change that the source has, named as in Model; `more` are changes that it alone has, and
    `friend` who its documents and folders are shared with."""

    @property
    def kind(self) -> str: ...
    @property
    def model(self) -> Model: ...
    @property
    def config(self) -> Mapping[str, Any]: ...
    @property
    def secret(self) -> str: ...
    @property
    def hosts(self) -> Sequence[str]: ...
    @property
    def friend(self) -> str: ...
    @property
    def more(self) -> Sequence[Step]: ...

    def stop(self) -> None:
        """It answers no more."""

    def hang(self) -> None:
        """It does not even say that."""

    def start(self) -> None:
        """As before."""
