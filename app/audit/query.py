"""Read the record, for compliance staff."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import datetime
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
                    "subject": wanted.subject.lower() if wanted.subject else None,
                    "action": wanted.action,
                    "outcome": wanted.outcome,
                    "document": str(wanted.document_id) if wanted.document_id else None,
                    "record_id": wanted.record_id,
                    "since": wanted.since,
                    "until": wanted.until,
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


def _encode(at: datetime, record_id: UUID) -> str:
    return base64.urlsafe_b64encode(json.dumps([at.isoformat(), str(record_id)]).encode()).decode()


def _decode(cursor: str) -> tuple[datetime, UUID]:
    try:
        at, record_id = json.loads(base64.urlsafe_b64decode(cursor))
        return datetime.fromisoformat(at), UUID(record_id)
    except (binascii.Error, ValueError, TypeError) as error:
        raise InvalidInput("the cursor is not one of ours; begin without one") from error
