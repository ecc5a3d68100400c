"""`GET /audit`: the record, for compliance staff."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromQuery, Parameter

from app.audit.query import query_records
from app.domain.record import AuditFilter, AuditRecord, RecordedEntry
from app.web.services import Caller, Wired


@get("/audit", tags=["audit"])
async def query(
    account: Caller,
    services: Wired,
    subject: FromQuery[str | None] = None,
    action: FromQuery[str | None] = None,
    outcome: FromQuery[str | None] = None,
    document: FromQuery[UUID | None] = None,
    since: FromQuery[datetime | None] = None,
    until: FromQuery[datetime | None] = None,
    limit: Annotated[int, Parameter(ge=1, le=500)] = 50,
    cursor: FromQuery[str | None] = None,
) -> Response[dict[str, Any]]:
    """Records, newest first; `cursor` of one page asks for the next. Looking is on record too."""
    services.policy.require_route(account, "audit")
    wanted = AuditFilter(subject, action, outcome, document, None, since, until)
    await services.recorder.record(AuditRecord.of(account, "audit-query"))
    page = await query_records(services.database, wanted, limit, cursor)
    body = {"records": [shown(entry) for entry in page.entries], "cursor": page.cursor}
    return Response(body, headers={"Cache-Control": "no-store"})


def shown(entry: RecordedEntry) -> dict[str, Any]:
    """A record as the API and the command line tell it."""
    record = entry.record
    return {
        "id": str(record.id),
        "at": entry.at.isoformat(),
        "action": record.action,
        "subject": record.subject,
        "role": record.role,
        "purpose": record.purpose,
        "revision": record.revision,
        "release": record.release,
        "classifications": list(record.classifications),
        "question_sha256": record.question_sha256,
        "passages": [dict(passage) for passage in record.passages],
        "detail": dict(record.detail),
        "outcome": entry.outcome,
        "answer_sha256": entry.answer_sha256,
        "ended_at": entry.ended_at.isoformat() if entry.ended_at else None,
    }
