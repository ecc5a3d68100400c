"""What documents are classified as where that is not for the rules alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Review:
    """A document that somebody should look at: it is `classification` for `reasons` that are not
    sure, and would be `otherwise` without them."""

    source: str
    external_id: str
    classification: str
    otherwise: str
    reasons: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided a document is. `by` is an e-mail address, or the operator;
    `seconded_by` is somebody else. `indexed` is what the document is now, None while it is not
    indexed."""

    source: str
    external_id: str
    classification: str
    reason: str
    by: str
    at: datetime
    seconded_by: str | None
    indexed: str | None

    @property
    def waits(self) -> bool:
        """Whether it is not in force: until a sync, or until somebody else agrees."""
        return self.indexed != self.classification
