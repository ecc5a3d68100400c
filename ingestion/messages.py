"""What is asked of a process that reads a document, and what it answers: data in a fixed form.

The process may be another's by then, taken over by the file that it read. What it says is taken for
nothing but text, numbers and names of the types below (msgspec sees to it), and whatever else comes
counts as a crash.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Literal

from msgspec import Meta, MsgspecError, msgpack

from app.domain.document import SourceItem
from ingestion.classify import Stated
from ingestion.inspect import Inspected
from ingestion.prepare import Prepared
from ingestion.problem import DocumentProblem, Quarantine

Sentence = Annotated[str, Meta(max_length=400)]


@dataclass(frozen=True, slots=True)
class Asked:
    """Who may read the item is not in it: nothing that reads it needs to know."""

    task: Literal["prepare", "inspect"]
    item: SourceItem
    stated: Stated

    def encoded(self) -> bytes:
        return msgpack.encode(replace(self, item=replace(self.item, acl=None, container=None)))

    @classmethod
    def decoded(cls, message: bytes) -> Asked:
        return msgpack.decode(message, type=cls)


@dataclass(frozen=True, slots=True)
class Problem:
    """A DocumentProblem; `quarantined`: a Quarantine."""

    stage: Sentence
    reason: Sentence
    advice: Sentence
    quarantined: bool

    @classmethod
    def of(cls, problem: DocumentProblem) -> Problem:
        held = isinstance(problem, Quarantine)
        return cls(problem.stage, problem.reason, problem.advice, held)

    def error(self) -> DocumentProblem:
        kind = Quarantine if self.quarantined else DocumentProblem
        return kind(self.stage, self.reason, self.advice)


@dataclass(frozen=True, slots=True)
class Answered:
    """One of the three."""

    prepared: Prepared | None = None
    inspected: Inspected | None = None
    problem: Problem | None = None

    def encoded(self) -> bytes:
        return msgpack.encode(self)

    @classmethod
    def decoded(cls, message: bytes) -> Answered | None:
        """None for what is no answer."""
        try:
            return msgpack.decode(message, type=cls)
        except (MsgspecError, UnicodeDecodeError, RecursionError):
            return None
