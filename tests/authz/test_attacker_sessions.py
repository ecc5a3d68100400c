"""What somebody with the reader's login does to the database and to other sessions, and what the
planner and its counters would tell."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url, text

from app.authz.directory import replace_directory
from app.authz.policy import Policy
from app.authz.reading import bind, reading, seal
from app.db.engine import Database, Login, ReaderConnection
from app.db.migrate import upgrade
from app.retrieval.proof.proof import look
from app.runtime.secrets import login_passwords
from tests.authz.planted import OPEN, RARE, SECRET, Attacker, Place, make_place
from tests.conftest import DIMENSIONS
from tests.conftest import SECRET as KEY

pytestmark = pytest.mark.integration


@pytest.fixture
async def place(
    database: Database, owner_url: str, policy: Policy, levels: tuple[str, ...]
) -> Place:
    return await make_place(database, owner_url, policy, levels)


async def findings(place: Place) -> str:
    connect = lambda: Database.connect(place.owner_url, login_passwords(KEY), pool_size=1)  # noqa: E731
    return "\n".join(await look(connect, place.levels))


def start_again(place: Place) -> None:
    upgrade(place.owner_url, login_passwords(KEY), place.levels, DIMENSIONS)


async def estimates(place: Place) -> set[int]:
    """How many rows the planner expects at places in the order of what is written."""
    guesses = ["'A'", "'Zz'", f"'{SECRET}'", f"'{SECRET[:9]}'"]
    questions = [
        *(f"select from chunk_internal where text < {words}" for words in guesses),
        *(f"select from chunk_internal where heading < {words}" for words in guesses),
    ]
    async with place.attacker(scoped=True) as attacker:
        return {(await attacker.plan(question))["Plan Rows"] for question in questions}


async def test_estimates_do_not_tell_what_is_written(place: Place) -> None:
    await place.write("internal", SECRET, place.slots[1], chunks=2_000)
    place.own("analyze")
    assert len(await estimates(place)) == 1
    place.own(
        "alter table chunk_internal alter column text set statistics 100", "analyze chunk_internal"
    )
    assert len(await estimates(place)) > 1, "statistics are not what told"
    assert "statistics of text of chunk_internal may be kept" in await findings(place)
    start_again(place)
    assert len(await estimates(place)) == 1, "what was kept is forgotten"


async def matched(place: Place) -> list[Any]:
    async with place.attacker(scoped=True) as attacker:
        await attacker.gets("set enable_seqscan = off", "set gin_fuzzy_search_limit = 1")
        count = f"select count(*) from matching_chunks('internal', '{RARE}', null)"
        return [await attacker.connection.scalar(text(count)) for _ in range(8)]


async def test_forbidden_matches_do_not_crowd_out_readable_ones(place: Place) -> None:
    await place.write("internal", f"{OPEN} {RARE}", place.slots[0])
    await place.write("internal", SECRET, place.slots[1], chunks=4_000)
    place.own("vacuum analyze chunk_internal")
    function = "alter function matching_chunks(text, tsquery, integer)"
    with place.looking_through(0):
        assert await matched(place) == [1] * 8
        place.own("set role portcullis_search; " + f"{function} reset gin_fuzzy_search_limit")
        try:
            assert await matched(place) != [1] * 8, "the limit is not what would crowd them out"
            assert "takes its caller's limit of matches" in await findings(place)
        finally:
            place.own("set role portcullis_search; " + f"{function} set gin_fuzzy_search_limit = 0")


async def pages(attacker: Attacker, level: str, word: str) -> int:
    """How many pages a look for a word touches, once everything is in memory."""
    statement = f"select * from matching_chunks('{level}', '{word}', 10)"
    options = "analyze, buffers, timing off, "
    return min([int((await attacker.plan(statement, options))["Shared Hit Blocks"]) for _ in "123"])


async def test_pages_do_not_tell_which_words_the_forbidden_hold(place: Place) -> None:
    """Of a classification beyond the scope, and of one that the scope reads little of."""
    for level in ("internal", "regulated"):
        for n in range(40):
            await place.write(level, f"{SECRET} {n} {'padding ' * 200}", place.slots[1])
    place.own("vacuum analyze")
    async with place.attacker(scoped=False) as attacker:
        for level in ("internal", "regulated"):
            assert await pages(attacker, level, RARE) == await pages(attacker, level, "absent")
    async with place.attacker(scoped=True) as attacker:
        for level in ("internal", "regulated"):
            assert await pages(attacker, level, RARE) == await pages(attacker, level, "absent")
        with place.looking_through(0):
            told = await pages(attacker, "internal", RARE) - await pages(attacker, "internal", "a")
        assert told >= 8, "the marks are not what keeps the forbidden unread"


async def test_pages_do_not_grow_with_the_forbidden_whatever_the_caller_sets(place: Place) -> None:
    plans = ("indexscan", "indexonlyscan", "bitmapscan", "nestloop")
    seen = []
    for planted in (0, 2_000):
        if planted:
            await place.write("internal", SECRET, place.slots[1], chunks=planted)
        place.own("vacuum analyze chunk_internal")
        async with place.attacker(scoped=True) as attacker:
            await attacker.gets(*(f"set enable_{plan} = off" for plan in plans))
            seen.append(await pages(attacker, "internal", RARE))
    # the indexes of 2,000 chunks more are a level higher
    assert seen[1] <= seen[0] + 8


async def test_a_login_that_sets_its_own_defaults_is_found_and_put_right(place: Place) -> None:
    async with place.attacker(scoped=False) as attacker:
        name = make_url(place.owner_url).database
        for where in ("", f" in database {name}"):
            got = await attacker.gets(
                f"alter role portcullis_reader{where} set gin_fuzzy_search_limit = 1"
            )
            assert got == "done"
    assert "begins with a setting of its own, gin_fuzzy_search_limit" in await findings(place)
    start_again(place)
    assert await findings(place) == ""


async def test_a_login_that_drops_its_own_policies_sees_nothing(place: Place) -> None:
    # Postgres lets a role out of policies at its own word; without one, no row is seen.
    await place.plant()
    async with place.attacker(scoped=True) as attacker:
        await attacker.gets("drop owned by portcullis_reader")
        assert await attacker.gets("select text from chunk_internal") == ""
    assert "the policy reader on chunk_internal is missing" in await findings(place)
    start_again(place)
    assert await findings(place) == ""
    async with place.attacker(scoped=True) as attacker:
        assert await attacker.gets("select text from chunk_internal") == f"('{OPEN}',)"


async def test_what_it_stores_is_found(place: Place) -> None:
    async with place.attacker(scoped=True) as attacker:
        made = await attacker.connection.scalar(text("select lo_from_bytea(0, 'x')"))
        assert "the login portcullis_reader owns the large object" in await findings(place)
        await attacker.gets(f"select lo_unlink({made})")
    assert await findings(place) == ""


async def test_it_holds_up_no_change_and_no_proof(place: Place) -> None:
    async with place.attacker(scoped=True) as attacker:
        await attacker.gets(
            "begin",
            "select pg_advisory_lock(7305118)",
            "lock table chunk_internal, rendition_internal in access share mode",
            "select count(*) from chunk_internal",
        )
        async with asyncio.timeout(20):
            async with place.database.app() as connection:
                await connection.execute(text("select raise_revision('attack')"))
                await replace_directory(connection, [], [])
            await place.plant()
            assert await findings(place) == ""
        await attacker.gets("commit")


async def test_other_sessions_show_no_words(place: Place) -> None:
    """Of other logins no statement is shown, of its own the words stay out of statements."""
    scope = await place.resolver.resolve(place.ann, "ask")
    async with place.attacker(scoped=False) as attacker, reading(place.database, scope) as read:
        await read.connection.execute(
            text("select * from matching_chunks('internal', cast(:words as tsquery), 9)"),
            {"words": RARE},
        )
        got = await attacker.gets(
            "select usename, query from pg_stat_activity where usename ~ 'portcullis'"
            " and pid <> pg_backend_pid()"
        )
    assert "matching_chunks" in got
    assert RARE not in got
    assert '"set"' not in got
    for line in got.splitlines():
        assert "portcullis_reader" in line or "<insufficient privilege>" in line


async def test_a_listener_hears_a_number(place: Place) -> None:
    url = make_url(place.owner_url).set(
        drivername="postgresql",
        username=Login.READER,
        password=login_passwords(KEY)[Login.READER],
    )
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as listening:
        listening.execute("listen portcullis_revision")
        await place.plant()
        async with place.database.app() as connection:
            await replace_directory(connection, [], [])
        heard = [notice.payload for notice in listening.notifies(timeout=5, stop_after=1)]
    assert heard
    assert all(payload.isdecimal() for payload in heard)


async def test_a_snapshot_from_before_a_scope_opens_nothing_under_it(place: Place) -> None:
    await place.resolver.resolve(place.ann, "ask")  # so that the snapshot has Ann's set
    async with place.attacker(scoped=False) as old:
        await old.gets("begin isolation level repeatable read")
        snapshot = await old.connection.scalar(text("select pg_export_snapshot()"))
        async with place.database.app() as connection:
            await connection.execute(text("select raise_revision('attack')"))
        async with place.attacker(scoped=True) as attacker:
            statement = "select text from chunk_internal"
            assert await attacker.gets(statement) == f"('{OPEN}',)"
            got = await attacker.gets(
                "begin isolation level repeatable read",
                f"set transaction snapshot '{snapshot}'",
                statement,
                "commit",
            )
        await old.gets("commit")
    assert got == "done\ndone\ndone"


async def test_what_was_prepared_under_a_scope_shows_nothing_without(place: Place) -> None:
    every = "select text from chunk_internal"
    async with place.attacker(scoped=True) as attacker:
        await attacker.gets(f"prepare kept as {every}", f"create temp view kept as {every}")
        assert OPEN in await attacker.gets("execute kept")
        assert OPEN in await attacker.gets("select * from kept")
        await attacker.gets("set portcullis.scope = ''")
        assert await attacker.gets("execute kept", "select * from kept", every) == ""


async def test_a_seal_of_another_connection_opens_nothing(place: Place) -> None:
    scope = await place.resolver.resolve(place.ann, "ask")
    async with place.attacker(scoped=False) as attacker, place.database.reader() as other:
        sealed = await seal(place.database, other, scope)
        assert await bind(ReaderConnection(attacker.connection), sealed) is None
        keep = "select length(set_config('portcullis.scope', :sealed, false)) > 0"
        got = await attacker.gets(keep, "select text from chunk_internal", sealed=sealed)
        assert await bind(other, sealed) is not None
    assert OPEN not in got
