"""What one subject may read for one request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.principal import Subject


@dataclass(frozen=True, slots=True)
class Scope:
    """The sealed result of authorisation; search accepts nothing else.

    `sealed` is the text that the database verifies: it holds the principals, classifications,
    purpose, revision and expiry below, with a seal over them. `slots` are the readable ACL
    slots at `revision`, for the explicit predicate; the database derives its own.
    """

    subject: Subject
    purpose: str
    classifications: tuple[str, ...]
    slots: tuple[int, ...]
    revision: int
    expires_at: datetime
    sealed: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk returned to a query. `score` is the fused rank score, higher is better."""

    chunk_id: UUID
    document_id: UUID
    external_id: str
    source: str
    title: str
    uri: str
    classification: str
    heading: str
    page: int | None
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Found:
    """What a search returns: passages best first, at one revision."""

    revision: int
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class ReadableDocument:
    """The rendition of a document that one subject may read: its pieces in order."""

    document_id: UUID
    title: str
    uri: str
    source: str
    external_id: str
    mime_type: str
    classification: str
    redacted: bool
    passages: tuple[Passage, ...]
