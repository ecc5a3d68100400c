"""The page of compliance staff: who did what, when, from which documents; no contents."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode

from litestar import get
from litestar.params import FromQuery
from litestar.response import Template

from app.audit.query import query_records
from app.domain.answer import Outcome
from app.domain.record import AuditFilter, AuditRecord
from app.errors import InvalidInput
from app.web.pages.rendering import page
from app.web.services import Caller, Wired

ACTIONS = ("ask", "search", "read", "sign-in", "sign-in-refused", "acl", "container-acl",
           "document-deleted", "source", "directory", "audit-query", "explain",
           "release", "release-read")  # fmt: skip
OUTCOMES = tuple(outcome.value for outcome in Outcome)


@get("/audit")
async def audit(
    visitor: Caller,
    services: Wired,
    subject: FromQuery[str] = "",
    action: FromQuery[str] = "",
    outcome: FromQuery[str] = "",
    since: FromQuery[str] = "",
    until: FromQuery[str] = "",
    cursor: FromQuery[str] = "",
) -> Template:
    services.policy.require_route(visitor, "audit")
    wanted = AuditFilter(
        subject=subject or None,
        action=action or None,
        outcome=outcome or None,
        since=_day(since),
        until=_day(until, after=True),
    )
    await services.recorder.record(AuditRecord.of(visitor, "audit-query"))
    found = await query_records(services.database, wanted, 50, cursor or None)
    asked = {
        "subject": subject, "action": action, "outcome": outcome, "since": since, "until": until,
    }  # fmt: skip
    return page(
        "audit.html",
        services,
        visitor,
        "/audit",
        entries=found.entries,
        asked=asked,
        actions=ACTIONS,
        outcomes=OUTCOMES,
        next=f"/audit?{urlencode({**asked, 'cursor': found.cursor})}" if found.cursor else None,
    )


def _day(words: str, *, after: bool = False) -> datetime | None:
    """The beginning of a day, or of the one after it, in UTC. Raises InvalidInput."""
    if not words:
        return None
    try:
        day = date.fromisoformat(words)
    except ValueError as error:
        raise InvalidInput("write a day as 2026-11-24") from error
    return datetime.combine(day + timedelta(days=1 if after else 0), time(), UTC)
