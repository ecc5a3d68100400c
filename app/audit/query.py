"""Read the record, for compliance staff."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from app.db.engine import Database
from app.domain.record import AuditFilter, AuditPage, AuditRecord, RecordedEntry
from app.errors import InvalidInput

LARGEST_PAGE = 500

_QUERY = text("""
select r.*, o.outcome, o.answer_sha256, o.at as ended_at
  from audit_record r left join audit_outcome o on o.record_id = r.id
 where (cast(:subject as text) is null or r.subject = :subject)
   and (cast(:action as text) is null or r.action = :action)
   and (cast(:outcome as text) is null or o.outcome = :outcome)
   and (cast(:document as text) is null
        or r.passages @> jsonb_build_array(jsonb_build_object('document', cast(:document as text))))
   and (cast(:record_id as uuid) is null or r.id = :record_id)
   and (cast(:since as timestamptz) is null or r.at >= :since)
   and (cast(:until as timestamptz) is null or r.at < :until)
   and (cast(:cursor_at as timestamptz) is null or (r.at, r.id) < (:cursor_at, :cursor_id))
 order by r.at desc, r.id desc
 limit :limit
""")


async def query_records(
    database: Database, wanted: AuditFilter, limit: int = 50, cursor: str | None = None
) -> AuditPage:
    """A page of records, newest first. Raises InvalidInput on a limit or cursor that is none."""
    if not 1 <= limit <= LARGEST_PAGE:
        raise InvalidInput(f"limit must be 1 to {LARGEST_PAGE}")
    cursor_at, cursor_id = _decode(cursor) if cursor else (None, None)
    async with database.auditor() as connection:
        rows = (
            await connection.execute(
                _QUERY,
                {
                    "subject": _words(wanted.subject and wanted.subject.lower()),
                    "action": _words(wanted.action),
                    "outcome": _words(wanted.outcome),
                    "document": str(wanted.document_id) if wanted.document_id else None,
                    "record_id": wanted.record_id,
                    "since": _in_utc(wanted.since),
                    "until": _in_utc(wanted.until),
                    "cursor_at": cursor_at,
                    "cursor_id": cursor_id,
                    "limit": limit + 1,
                },
            )
        ).all()
    more = rows[limit - 1] if len(rows) > limit else None
    return AuditPage(
        tuple(_entry(row) for row in rows[:limit]), _encode(more.at, more.id) if more else None
    )


def _entry(row: Row[Any]) -> RecordedEntry:
    record = AuditRecord(
        id=row.id,
        action=row.action,
        subject=row.subject,
        subject_id=row.subject_id,
        role=row.role,
        purpose=row.purpose,
        revision=row.revision,
        release=row.release,
        classifications=tuple(row.classifications),
        question_sha256=row.question_sha256,
        passages=tuple(row.passages),
        detail=row.detail,
    )
    return RecordedEntry(record, row.at, row.outcome, row.answer_sha256, row.ended_at)


def _words(value: str | None) -> str | None:
    """A filter as Postgres takes it; what it cannot hold is in no record."""
    if value is None:
        return None
    return value.encode("utf-8", "replace").decode("utf-8").replace("\x00", "\ufffd").strip()


def _in_utc(at: datetime | None) -> datetime | None:
    """A time without a zone means UTC, whatever the database's own zone is."""
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at


def _encode(at: datetime, record_id: UUID) -> str:
    return base64.urlsafe_b64encode(f"{at.isoformat()} {record_id}".encode()).decode()


def _decode(cursor: str) -> tuple[datetime, UUID]:
    try:
        at, record_id = base64.urlsafe_b64decode(cursor).decode("ascii").split(" ")
        found = datetime.fromisoformat(at)
        if found.tzinfo is None:
            raise ValueError("a cursor's time has its zone")
        return found, UUID(record_id)
    except ValueError as error:  # binascii.Error and UnicodeError are such too
        raise InvalidInput("the cursor is not one of ours; begin without one") from error
