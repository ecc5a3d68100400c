"""The record is written first, or nothing happens; and nobody changes it afterwards."""

from __future__ import annotations

from uuid import uuid4

import pytest
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import make_url, text
from sqlalchemy.exc import ProgrammingError

from app.audit.query import query_records
from app.audit.record import Recorder, sha256
from app.authn.accounts import add_user
from app.cli.operator import on_record
from app.db.engine import Database
from app.domain.principal import Role
from app.domain.record import AuditFilter, AuditRecord, RecordedEntry
from app.errors import NotFound, RecordNotWritten
from app.runtime.secrets import login_passwords
from tests.conftest import SECRET

pytestmark = pytest.mark.integration


@pytest.fixture
def recorder(database: Database) -> Recorder:
    return Recorder(database)


async def kept(database: Database, record: AuditRecord) -> RecordedEntry:
    page = await query_records(database, AuditFilter(record_id=record.id))
    assert len(page.entries) == 1
    return page.entries[0]


async def test_a_record_is_kept_as_it_was_given(database: Database, recorder: Recorder) -> None:
    account = await add_user(database, "asks@house.example", "Asks", Role.OWNER, None)
    record = AuditRecord.of(
        account,
        "ask",
        purpose="ask",
        revision=7,
        release="r-1",
        classifications=("public", "internal"),
        question_sha256=sha256("Where is the key?"),
        passages=({"chunk": str(uuid4()), "document": str(uuid4()), "source": "s"},),
        detail={"k": 8},
    )
    assert await recorder.record(record) == record.id
    found = await kept(database, record)
    assert found.record == record
    assert (found.outcome, found.answer_sha256, found.ended_at) == (None, None, None)

    await recorder.finish(record.id, "answered", "Under the mat.", {"tokens": 4})
    found = await kept(database, record)
    assert (found.outcome, found.answer_sha256) == ("answered", sha256("Under the mat."))
    assert found.ended_at is not None
    assert found.ended_at >= found.at


async def test_of_an_answer_only_a_digest_is_kept(database: Database, recorder: Recorder) -> None:
    record = AuditRecord("ask", "asks@house.example", question_sha256=sha256("a rare question"))
    await recorder.record(record)
    await recorder.finish(record.id, "answered", "a rare answer")
    async with database.auditor() as connection:
        for table in ("audit_record", "audit_outcome"):
            rows = await connection.scalars(text(f"select t::text from {table} t"))  # noqa: S608
            assert not [row for row in rows if "rare" in row]


async def test_an_action_ends_once(database: Database, recorder: Recorder) -> None:
    record = AuditRecord("ask", "asks@house.example")
    await recorder.record(record)
    await recorder.finish(record.id, "stopped")
    with pytest.raises(RecordNotWritten):
        await recorder.finish(record.id, "answered", "another answer")
    assert (await kept(database, record)).outcome == "stopped"
    with pytest.raises(RecordNotWritten):
        await recorder.record(record)
    with pytest.raises(RecordNotWritten):
        await recorder.finish(uuid4(), "answered")


async def test_a_record_that_postgres_does_not_take_is_an_error(owner_url: str) -> None:
    """Down, or with a login of no use: the one who asks hears of it before any answer."""
    elsewhere = make_url(owner_url).set(host="127.0.0.1", port=1, query={})
    for url, passwords in (
        (elsewhere.render_as_string(hide_password=False), login_passwords(SECRET)),
        (owner_url, login_passwords("another secret of the tests, wrong here")),
    ):
        database = Database.connect(url, passwords)
        with pytest.raises(RecordNotWritten):
            await Recorder(database).record(AuditRecord("ask", "asks@house.example"))
        await database.close()


@pytest.mark.parametrize("login", ["app", "ingest", "auditor"])
@pytest.mark.parametrize("table", ["audit_record", "audit_outcome"])
@pytest.mark.parametrize("change", ["update {} set at = now()", "delete from {}", "truncate {}"])
async def test_no_login_of_ours_changes_what_is_on_record(
    database: Database, recorder: Recorder, login: str, table: str, change: str
) -> None:
    record = AuditRecord("ask", "asks@house.example")
    await recorder.record(record)
    await recorder.finish(record.id, "stopped")
    with pytest.raises(ProgrammingError) as caught:
        async with getattr(database, login)() as connection:
            await connection.execute(text(change.format(table)))
    assert isinstance(caught.value.orig, InsufficientPrivilege)
    assert (await kept(database, record)).outcome == "stopped"


async def test_the_login_that_writes_records_does_not_read_them(database: Database) -> None:
    with pytest.raises(ProgrammingError) as caught:
        async with database.app() as connection:
            await connection.execute(text("select * from audit_record"))
    assert isinstance(caught.value.orig, InsufficientPrivilege)


async def test_an_operator_s_action_is_on_record_with_how_it_ended(
    database: Database, recorder: Recorder
) -> None:
    async def latest() -> RecordedEntry:
        wanted = AuditFilter(subject="operator", action="test-action")
        return (await query_records(database, wanted, 1)).entries[0]

    async with on_record(recorder, "test-action", account="asks@house.example"):
        assert (await latest()).outcome is None, "on record before it has any effect"
    done = await latest()
    assert done.outcome == "done"
    assert done.record.detail["account"] == "asks@house.example"
    assert done.record.detail["system_user"]

    with pytest.raises(NotFound):
        async with on_record(recorder, "test-action"):
            raise NotFound
    assert (await latest()).outcome == "failed"


async def test_without_a_record_an_operator_s_action_does_not_begin(owner_url: str) -> None:
    database = Database.connect(owner_url, login_passwords("another secret, wrong in the tests"))
    with pytest.raises(RecordNotWritten):
        async with on_record(Recorder(database), "test-action"):
            pytest.fail("it began")
    await database.close()
