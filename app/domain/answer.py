"""A question on its way to an answer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from app.domain.scope import Passage, RenditionRef


@dataclass(frozen=True, slots=True)
class Citation:
    """A marked place in the answer: `[number]` stands for this passage of this document.

    `quote` is text of the passage that supports the answer, as it stands there.
    """

    number: int
    chunk_id: UUID
    document_id: UUID
    title: str
    uri: str
    heading: str
    page: int | None
    classification: str
    quote: str

    @property
    def rendition(self) -> RenditionRef:
        return self.document_id, self.classification

    @classmethod
    def of(cls, number: int, passage: Passage, quote: str) -> Citation:
        return cls(
            number=number,
            chunk_id=passage.chunk_id,
            document_id=passage.document_id,
            title=passage.title,
            uri=passage.uri,
            heading=passage.heading,
            page=passage.page,
            classification=passage.classification,
            quote=quote,
        )


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of a passage, chosen as evidence.

    `text` is as it stands in the passage, `shown` as it reads alone (a row of a table says its
    columns). `score` compares sentences for one question; higher is better.
    """

    passage: Passage
    text: str
    shown: str
    score: float


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is sent to the model, and only that. Built from passages authorised twice."""

    text: str
    quotes: tuple[Quote, ...]
    stop: tuple[str, ...]
    max_tokens: int


@dataclass(frozen=True, slots=True)
class Draft:
    """What the model wrote, before anything was checked."""

    text: str
    prompt: Prompt


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the evidence supports the draft; `reason` names the first thing that failed."""

    supported: bool
    reason: str


class Outcome(StrEnum):
    """How a question ended."""

    ANSWERED = "answered"
    NOTHING_FOUND = "nothing_found"
    STOPPED = "stopped"
    WITHDRAWN = "withdrawn"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the asking person gets."""

    text: str
    citations: tuple[Citation, ...]
    outcome: Outcome
    revision: int
    release: str
    audit_id: UUID
