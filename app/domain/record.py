"""What is on record about every use: who did what, when, from what; never contents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from app.domain.principal import Account


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One action. `passages` are mappings of ids (chunk, document, source, external_id,
    classification), those of an answer with what `pinned` adds; `question_sha256` is a hex digest;
    `detail` holds names and figures."""

    action: str
    subject: str
    subject_id: int | None = None
    role: str = ""
    purpose: str = ""
    revision: int | None = None
    release: str = ""
    classifications: Sequence[str] = ()
    question_sha256: str | None = None
    passages: Sequence[Mapping[str, Any]] = ()
    detail: Mapping[str, Any] = field(default_factory=dict)
    id: UUID = field(default_factory=uuid4)

    @classmethod
    def of(cls, account: Account, action: str, **fields: Any) -> AuditRecord:
        """A record of what a signed-in account does."""
        return cls(
            action=action,
            subject=account.email,
            subject_id=account.principal_id,
            role=account.role.value,
            **fields,
        )


@dataclass(frozen=True, slots=True)
class RecordedEntry:
    """A record as compliance sees it, with how it ended where that is known."""

    record: AuditRecord
    at: datetime
    outcome: str | None
    answer_sha256: str | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which records; every field that is set must match."""

    subject: str | None = None
    action: str | None = None
    outcome: str | None = None
    document_id: UUID | None = None
    record_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Records, newest first; `cursor` asks for the next page and is None at the end."""

    entries: tuple[RecordedEntry, ...]
    cursor: str | None
