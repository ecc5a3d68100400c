"""What an answer tells whoever waits for it, in this order."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.domain.answer import Answer
from app.domain.scope import RenditionRef


@dataclass(frozen=True, slots=True)
class Started:
    """The record is durable; `audit_id` names it. The answer is made of `renditions`."""

    audit_id: UUID
    conversation_id: UUID
    revision: int
    renditions: frozenset[RenditionRef]


@dataclass(frozen=True, slots=True)
class Delta:
    """A further piece of the answer's Markdown, released for good."""

    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The whole answer; of a withdrawn one only that it was withdrawn."""

    answer: Answer


AnswerEvent = Started | Delta | Finished
