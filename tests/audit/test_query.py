"""Compliance staff find records by every filter, page by page."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import create_engine, text

from app.audit.query import LARGEST_PAGE, query_records
from app.audit.record import Recorder
from app.db.engine import Database
from app.domain.record import AuditFilter, AuditRecord
from app.errors import InvalidInput

pytestmark = pytest.mark.integration


async def put(
    database: Database, subject: str, action: str = "ask", outcome: str = "", *documents: UUID
) -> UUID:
    record = AuditRecord(
        action, subject, passages=[{"document": str(document)} for document in documents]
    )
    await Recorder(database).record(record)
    if outcome:
        await Recorder(database).finish(record.id, outcome)
    return record.id


async def found(database: Database, wanted: AuditFilter) -> list[UUID]:
    return [e.record.id for e in (await query_records(database, wanted)).entries]


async def test_each_filter_and_all_of_them_together(database: Database) -> None:
    ann, bob = f"{uuid4().hex}@house.example", f"{uuid4().hex}@house.example"
    one, other = uuid4(), uuid4()
    first = await put(database, ann, "ask", "answered", one)
    second = await put(database, ann, "search", "", one, other)
    third = await put(database, bob, "ask", "nothing_found")

    assert await found(database, AuditFilter(subject=ann.upper())) == [second, first]
    assert await found(database, AuditFilter(document_id=one)) == [second, first]
    assert await found(database, AuditFilter(document_id=other)) == [second]
    assert await found(database, AuditFilter(record_id=third)) == [third]
    assert await found(database, AuditFilter(subject=ann, action="ask")) == [first]
    assert await found(database, AuditFilter(subject=bob, outcome="nothing_found")) == [third]
    assert await found(database, AuditFilter(subject=bob, outcome="answered")) == []
    assert await found(database, AuditFilter(subject=ann, document_id=other, action="ask")) == []
    assert await found(database, AuditFilter(subject="' or true --")) == []
    assert await found(database, AuditFilter(subject="\x00")) == []
    assert await found(database, AuditFilter(action="\ud800", outcome="a\x00")) == []


async def test_times_are_from_on_and_before(database: Database) -> None:
    subject = f"{uuid4().hex}@house.example"
    await put(database, subject)
    at = (await query_records(database, AuditFilter(subject=subject))).entries[0].at
    moment = timedelta(microseconds=1)

    async def count(since: datetime | None, until: datetime | None) -> int:
        return len(await found(database, AuditFilter(subject=subject, since=since, until=until)))

    assert await count(at, at + moment) == 1
    assert await count(at + moment, None) == 0
    assert await count(None, at) == 0
    without_zone = at.astimezone(UTC).replace(tzinfo=None)
    assert await count(without_zone, without_zone + moment) == 1, "no zone means UTC"


async def test_pages_show_everything_once_and_in_order_while_more_is_written(
    database: Database, owner_url: str
) -> None:
    subject = f"{uuid4().hex}@house.example"
    written = [await put(database, subject) for _ in range(7)]
    # three at the same moment: the id decides
    owner = create_engine(owner_url.replace("postgresql://", "postgresql+psycopg://", 1))
    with owner.begin() as connection:
        connection.execute(
            text("update audit_record set at = '2026-01-02T03:04:05Z' where id = any(:ids)"),
            {"ids": written[:3]},
        )
    owner.dispose()
    everything = await found(database, AuditFilter(subject=subject))
    assert set(everything) == set(written)
    assert everything[:4] == written[:2:-1], "newest first"

    seen: list[UUID] = []
    cursor: str | None = None
    for _ in range(10):
        page = await query_records(database, AuditFilter(subject=subject), 2, cursor)
        seen += [entry.record.id for entry in page.entries]
        cursor = page.cursor
        if cursor is None:
            break
        await put(database, subject)
    assert seen == everything


async def test_a_page_that_is_exactly_full_is_the_last(database: Database) -> None:
    subject = f"{uuid4().hex}@house.example"
    for _ in range(2):
        await put(database, subject)
    assert (await query_records(database, AuditFilter(subject=subject), 2)).cursor is None
    assert (await query_records(database, AuditFilter(subject=subject), 1)).cursor is not None


@pytest.mark.parametrize("limit", [0, -1, LARGEST_PAGE + 1])
async def test_a_page_has_its_bounds(database: Database, limit: int) -> None:
    with pytest.raises(InvalidInput, match="limit"):
        await query_records(database, AuditFilter(), limit)


@pytest.mark.parametrize(
    "inside",
    [
        b"", b"nonsense", b"5", b'["2026-01-01T00:00:00", 5]', b"[" * 5000, b"\xff\xfe",
        b"2026-01-01T00:00:00 " + str(UUID(int=5)).encode(),  # without its zone
        b"2026-01-01T00:00:00+00:00 not-an-id", b"2026-01-01T00:00:00+00:00",
    ],
)  # fmt: skip
async def test_a_cursor_that_is_not_ours_is_refused(database: Database, inside: bytes) -> None:
    cursors = [base64.urlsafe_b64encode(inside).decode() or "é", "%%%", "a", "\x00"]
    for cursor in cursors:
        with pytest.raises(InvalidInput, match="cursor"):
            await query_records(database, AuditFilter(), 5, cursor)
