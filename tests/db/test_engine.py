"""Pooled connections: a dead one is replaced unseen, and one that read keeps nothing of it."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, make_url, text

from app.db.engine import Database, Login
from app.errors import DatabaseUnavailable

pytestmark = pytest.mark.integration

_ME = text("select pg_backend_pid()")


def end_all_sessions(owner_url: str) -> None:
    """Of every login of ours, as a server that is started again does, and wait for their end."""
    owner = create_engine(make_url(owner_url), isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        for login in Login:
            connection.execute(text(f'grant "{login.value}" to current_user'))
        connection.execute(
            text("""
            select pg_terminate_backend(pid, 10000) from pg_stat_activity
             where datname = current_database() and usename = any (:logins)"""),
            {"logins": [login.value for login in Login]},
        )
    owner.dispose()


async def test_whoever_comes_after_the_server_ended_a_session_does_not_notice(
    database: Database, owner_url: str
) -> None:
    ways = (
        database.app, database.glance, database.ingest, database.codes, database.auditor,
        database.reader, database.snapshot,
    )  # fmt: skip
    for _ in range(2):
        for way in ways:
            async with way() as connection:
                assert await connection.scalar(_ME)
        end_all_sessions(owner_url)


async def test_what_reads_text_or_codes_cannot_write_in_any_transaction(database: Database) -> None:
    for way in (database.reader, database.codes):
        for _ in range(3):
            async with way() as connection:
                assert await connection.scalar(text("show transaction_read_only")) == "on"
                assert await connection.scalar(text("show transaction_isolation")) == (
                    "repeatable read"
                )


async def test_who_is_in_the_middle_is_told_that_the_database_is_unavailable(
    database: Database, owner_url: str
) -> None:
    with pytest.raises(DatabaseUnavailable):
        async with database.reader() as connection:
            await connection.scalar(_ME)
            end_all_sessions(owner_url)
            await connection.scalar(_ME)
    async with database.reader() as connection:
        assert await connection.scalar(_ME)


@pytest.mark.parametrize("fails", [False, True], ids=["ended well", "failed"])
async def test_a_reading_leaves_nothing_to_the_next_on_its_connection(
    database: Database, fails: bool
) -> None:
    before = None
    try:
        async with database.reader() as connection:
            before = await connection.scalar(_ME)
            await connection.execute(text("set portcullis.scope = 'of somebody'"))
            await connection.execute(text("declare c cursor with hold for select 1"))
            await connection.execute(text("select pg_advisory_lock(7)"))
            if fails:
                raise LookupError
    except LookupError:
        assert fails
    async with database.reader() as connection:
        assert await connection.scalar(_ME) == before
        left = await connection.execute(
            text("""
            select current_setting('portcullis.scope', true),
                   (select count(*) from pg_cursors),
                   (select count(*) from pg_locks where locktype = 'advisory')""")
        )
        assert list(left.one()) == ["", 0, 0]
