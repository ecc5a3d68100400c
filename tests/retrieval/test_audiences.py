"""Indexes of audiences: what they hold, when they are searched, and what a search finds by them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from psycopg import sql
from sqlalchemy import text
from typer.testing import CliRunner

from app.authz.policy import Policy
from app.authz.reading import reading
from app.cli.command import app
from app.db import graphs
from app.db.audience_index import as_owner
from app.db.direct import driver, every
from app.db.engine import Database, Login
from app.domain.scope import SlotSet
from app.errors import ConfigurationError, Conflict
from app.retrieval.audiences import Audiences
from app.retrieval.proof.proof import look
from app.runtime.secrets import login_passwords
from tests.conftest import SECRET
from tests.retrieval.audiences import (
    ANN,
    BOB,
    CHUNKS,
    LEVEL,
    TEMP,
    THRESHOLD,
    Company,
    exact,
    query_of,
)

pytestmark = pytest.mark.integration

SHARED = [f"shared{n}" for n in range(6)]


@pytest.fixture
async def company(
    database: Database,
    owner_url: str,
    policy: Policy,
    levels: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Company]:
    """Six containers for all staff, one that denies temps besides, one for the board."""
    monkeypatch.setattr("app.db.audience_index.PAUSE", 0.0)
    company = await Company.found(database, owner_url, policy, levels)
    for container in SHARED:
        await company.share(container, ["group:staff"])
    await company.share("guarded", ["group:staff"], ["group:temps"])
    await company.share("board", ["group:board"])
    for container in company.slots:
        await company.write(container)
    yield company
    await company.keep(threshold=0)
    await company.close()


async def test_an_index_holds_what_all_holders_may_read_and_nothing_else(company: Company) -> None:
    """And is made for what many hold: not for a person, nor for a group that nobody is in yet."""
    for container, allow in (("own", ANN), ("nobody", "group:unknown")):
        await company.share(container, [allow])
        await company.write(container, THRESHOLD)
    [done] = await company.keep()
    assert done.startswith(f"made the index of group:staff in {LEVEL}: 240 chunks in 6 slots")
    [audience] = await company.kept()
    assert set(audience.slots.ids) == {company.slots[container] for container in SHARED}
    assert (audience.state, audience.name, audience.slots.chunks) == ("ready", "group:staff", 240)
    assert await company.keep() == [], "nothing more is due"
    assert await company.indexes() == {audience.index}


@pytest.mark.parametrize("email", [ANN, BOB, TEMP])
async def test_a_search_by_index_and_codes_finds_what_an_exact_one_does(
    company: Company, email: str
) -> None:
    await company.keep()
    searcher = company.searcher()
    for _ in range(10):
        vector = company.vector()
        async with company.reading(email) as read:
            found, _ = await searcher._nearest(read, query_of(vector), 60)
            assert found == await exact(read, vector, 60)
            assert len(found) == (0 if email == TEMP else 60)


async def test_the_planner_takes_the_index(company: Company) -> None:
    """Whatever it believes of the costs."""
    await company.keep()
    async with company.reading(ANN) as read:
        by = await Audiences(company.database, THRESHOLD).chosen(read.scope)
        query, parameters = graphs.statement(read.scope, company.vector().tolist(), 10, by)
        raw = await driver(read.connection)
        # to read every row and sort them seems to cost nothing
        await raw.execute("set local seq_page_cost = 0; set local cpu_tuple_cost = 0")
        await raw.execute("set local cpu_operator_cost = 0")
        await raw.execute(graphs._SET, {"breadth": str(graphs.BREADTH)})
        plan = await every(read.connection, sql.SQL("explain (costs off) ") + query, **parameters)
    lines = [row[0] for row in plan]
    assert any(f"Index Scan using {by[0].index} on chunk_{LEVEL}" in line for line in lines)
    assert not any(line.strip().startswith("->  Sort") for line in lines)


async def test_the_predicate_holds_in_an_index_too(company: Company) -> None:
    """A scope whose slots are fewer than the seal allows gets only those."""
    await company.keep()
    async with company.reading(ANN) as read:
        by = await Audiences(company.database, THRESHOLD).chosen(read.scope)
        few = replace(read.scope, slots=SlotSet.of("0" * 64))
        walked = await graphs.nearest_of_audiences(
            read.connection, few, company.vector().tolist(), 10, by
        )
    assert (walked.found, walked.searched) == ((), by)


async def test_what_is_set_for_an_index_ends_with_it(company: Company) -> None:
    await company.keep()
    async with company.reading(ANN) as read:
        await company.walked(read, company.vector(), read.scope)
        assert await read.connection.scalar(text("show enable_sort")) == "on"


async def test_settings_that_postgres_did_not_take_are_noticed(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    await company.keep()
    monkeypatch.setattr(graphs, "_SET", graphs._SET.replace("strict_order", "off"))
    async with company.reading(ANN) as read:
        with pytest.raises(ConfigurationError, match=r"hnsw\.iterative_scan"):
            await company.walked(read, company.vector(), read.scope)


async def test_who_may_not_read_all_of_an_index_does_not_search_it(company: Company) -> None:
    """Whatever the process believes, the database decides."""
    await company.keep()
    async with company.reading(ANN) as read:
        of_ann = read.scope
        walked = await company.walked(read, company.vector(), of_ann)
        assert len(walked.found) == 10
        assert [audience.name for audience in walked.searched] == ["group:staff"]
    async with company.reading(TEMP) as read:
        walked = await company.walked(read, company.vector(), of_ann)
    assert (walked.found, walked.searched) == ((), ())


@pytest.mark.parametrize("change", ["unshared", "denied", "withheld"])
async def test_an_index_is_closed_as_soon_as_one_slot_of_it_is(
    company: Company, change: str
) -> None:
    """Also to who resolved a scope before; and a search finds what is readable all the same."""
    await company.keep()
    searcher = company.searcher()
    scope = await company.resolver.resolve(await company.account(ANN), "search")
    if change == "unshared":
        await company.share("shared0", ["group:board"])
    elif change == "denied":
        await company.share("shared0", ["group:staff"], [ANN])
    else:
        with company.as_owner() as owner:
            owner.execute("insert into lease values (%s, '1 hour')", [LEVEL])
            owner.execute("update source set confirmed_at = now() - interval '2 hours'")
            owner.execute(
                "update acl_slot set confirmed_at = now() - interval '2 hours' where id = %s",
                [company.slots["shared0"]],
            )
    async with reading(company.database, scope) as read:
        vector = company.vector()
        walked = await company.walked(read, vector, scope)
        assert (walked.found, walked.searched) == ((), ())
        found, _ = await searcher._nearest(read, query_of(vector), 400)
        assert found == await exact(read, vector, 400)
        assert len(found) == 6 * CHUNKS, "six containers are left"
    with company.as_owner() as owner:
        owner.execute("delete from lease")


async def test_an_index_that_is_not_there_is_not_searched_for(company: Company) -> None:
    """As on a replica that has not got it yet: no search reads everything instead."""
    await company.keep()
    async with company.reading(ANN) as read:
        by = await Audiences(company.database, THRESHOLD).chosen(read.scope)
    with company.as_owner() as owner:
        owner.execute(f"drop index {by[0].index}")
    async with company.reading(ANN) as read:
        walked = await graphs.nearest_of_audiences(
            read.connection, read.scope, company.vector().tolist(), 10, by
        )
    assert (walked.found, walked.searched) == ((), ())


async def test_an_index_with_a_closed_slot_is_dropped_and_made_anew(company: Company) -> None:
    await company.keep()
    [before] = await company.kept()
    await company.share("shared0", ["group:staff"], ["group:temps"])
    dropped, made = await company.keep()
    assert "may not read all of" in dropped
    assert "200 chunks in 5 slots" in made
    [after] = await company.kept()
    assert await company.indexes() == {after.index} != {before.index}


async def test_an_audience_that_has_grown_by_much_gets_a_new_index(company: Company) -> None:
    await company.keep()
    [before] = await company.kept()
    await company.share("little", ["group:staff"])
    await company.write("little", 20)
    assert await company.keep() == [], "a little goes by codes"
    await company.write("little", 20)
    made, dropped = await company.keep()
    assert "280 chunks in 7 slots" in made
    assert "a newer one" in dropped
    [after] = await company.kept()
    assert await company.indexes() == {after.index} != {before.index}


async def test_what_comes_to_a_slot_of_the_index_is_in_it(company: Company) -> None:
    await company.keep()
    await company.write("shared0", 30)
    assert await company.keep() == []
    [audience] = await company.kept()
    assert audience.slots.chunks == 6 * CHUNKS + 30
    async with company.reading(ANN) as read:
        vector = company.vector()
        walked = await graphs.nearest_of_audiences(
            read.connection, read.scope, vector.tolist(), 300, [audience]
        )
        every_one = await exact(read, vector, 400)
    assert len(walked.found) == 270
    assert set(walked.found) < set(every_one)


async def test_an_audience_that_has_shrunk_loses_its_index(company: Company) -> None:
    document = await company.write("shared0", 160)
    await company.keep(threshold=350)
    await company.remove(await company.write("shared1", 1))
    assert len(await company.kept()) == 1
    await company.keep(threshold=440)
    assert len(await company.kept()) == 1, "a tenth less is no reason"
    await company.remove(document)
    [dropped] = await company.keep(threshold=350)
    assert "too small" in dropped
    assert (await company.kept(), await company.indexes()) == ([], set())


async def test_equal_audiences_share_an_index(company: Company) -> None:
    for container in SHARED:
        await company.share(container, ["group:staff", "everyone"])
    [done] = await company.keep()
    assert "240 chunks" in done
    async with company.reading(TEMP) as read:
        walked = await company.walked(read, company.vector(), read.scope)
    assert len(walked.found) == 10


async def test_a_build_waits_for_nobody_who_reads_or_writes(company: Company) -> None:
    """It waits itself, for a transaction that was there first, and the others go on."""
    async with company.database.ingest() as first:
        await first.execute(
            text(f"delete from chunk_{LEVEL} where document_id = gen_random_uuid()")  # noqa: S608
        )
        building = asyncio.create_task(company.keep())
        await company.building()
        async with asyncio.timeout(10):
            await company.write("shared0", 5)
            async with company.reading(ANN) as read:
                assert len(await exact(read, company.vector(), 10)) == 10
                found, _ = await company.searcher()._nearest(read, query_of(company.vector()), 10)
                assert len(found) == 10
        assert not building.done()
    assert len(await building) == 1
    async with company.reading(ANN) as read:
        [audience] = await company.kept()
        walked = await graphs.nearest_of_audiences(
            read.connection, read.scope, company.vector().tolist(), 300, [audience]
        )
    assert len(walked.found) == 6 * CHUNKS + 5


async def test_what_an_ended_build_left_is_taken_away(company: Company) -> None:
    await company.keep()
    with company.as_owner() as owner:
        owner.execute("update audience set state = 'building'")
        owner.execute(
            f"create index audience_999999 on chunk_{LEVEL} using hnsw"
            " (embedding halfvec_cosine_ops) where slot_id < 3"
        )
    left, made = await company.keep()
    assert left == f"dropped the building index of {LEVEL}"
    assert "240 chunks" in made
    [audience] = await company.kept()
    assert await company.indexes() == {audience.index}


async def test_a_build_that_fails_leaves_nothing(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.db.audience_index.NEIGHBOURS", 1_000)
    [said] = await company.keep()
    assert said == f"Postgres could not build the index of group:staff in {LEVEL} (22023)"
    assert (await company.kept(), await company.indexes()) == ([], set())


async def test_an_index_stays_until_its_successor_is_there(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    await company.keep()
    before = await company.indexes()
    await company.share("more", ["group:staff"])
    await company.write("more")
    monkeypatch.setattr("app.db.audience_index.NEIGHBOURS", 1_000)
    [said] = await company.keep()
    assert "could not build" in said
    assert await company.indexes() == before


async def test_a_drop_waits_for_nobody_who_reads(company: Company) -> None:
    """It waits itself, for a reading that was there first, and the others go on."""
    await company.keep()
    async with company.reading(ANN) as first:
        await exact(first, company.vector(), 10)
        dropping = asyncio.create_task(company.keep(threshold=0))
        await asyncio.sleep(1)
        async with asyncio.timeout(10), company.reading(ANN) as read:
            assert len(await exact(read, company.vector(), 10)) == 10
        assert not dropping.done()
    assert len(await dropping) == 1


async def test_one_keeper_at_a_time_and_only_the_owner(company: Company) -> None:
    async with as_owner(company.owner_url):
        with pytest.raises(Conflict):
            await company.keep()
    url = company.database.engines[Login.APP].url.render_as_string(hide_password=False)
    with pytest.raises(ConfigurationError, match="owner"):
        await replace(company, owner_url=url).keep()


async def test_the_proof_accepts_what_is_kept(company: Company, levels: tuple[str, ...]) -> None:
    await company.keep()
    passwords = login_passwords(SECRET)
    found = await look(lambda: Database.connect(company.owner_url, passwords, pool_size=1), levels)
    assert found == ()


async def test_searches_go_on_while_indexes_come_and_go(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each finds what an exact one does, whatever the keeper does meanwhile."""
    monkeypatch.setattr("app.retrieval.audiences.KNOWN_SECONDS", -1.0)
    searcher = company.searcher()
    ended = False

    async def search() -> int:
        count = 0
        while not ended:
            vector = company.vector()
            async with company.reading(ANN) as read:
                found, _ = await searcher._nearest(read, query_of(vector), 60)
                assert found == await exact(read, vector, 60)
            count += 1
        return count

    searching = [asyncio.create_task(search()) for _ in range(2)]
    for _ in range(5):
        await company.keep()
        await company.share("shared0", ["group:board"])
        await company.keep()
        await company.share("shared0", ["group:staff"])
    ended = True
    assert min(await asyncio.gather(*searching)) > 5


def test_the_command_keeps_and_lists(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTCULLIS_DATABASE_URL", company.owner_url)
    monkeypatch.setenv("PORTCULLIS_SECRET_KEY", SECRET)
    monkeypatch.setenv("PORTCULLIS_AUDIENCE_CHUNKS", str(THRESHOLD))
    for said in ("made the index of group:staff in internal: 240 chunks in 6 slots", ""):
        ran = CliRunner().invoke(app, ["index", "keep", "--memory", "64"])
        assert (ran.exit_code, ran.stdout[: len(said) or None]) == (0, said)
    listed = CliRunner().invoke(app, ["index", "list"]).stdout
    assert "group:staff" in listed
    assert listed.split()[-3:] == ["ready", "240", "6"]
