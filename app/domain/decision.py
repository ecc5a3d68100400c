"""What somebody decided a document is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """`by` is an e-mail address, or the operator; `seconded_by` is somebody else. `indexed` is what
    the document is now, None while it is not indexed."""

    external_id: str
    classification: str
    reason: str
    by: str
    at: datetime
    seconded_by: str | None
    indexed: str | None
