"""Indexes of audiences: when they are searched, and what a search finds by them."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from psycopg import sql
from sqlalchemy import text

from app.authz.reading import reading
from app.db import graphs
from app.db.direct import driver, every
from app.domain.scope import SlotSet
from app.errors import ConfigurationError
from app.retrieval.audiences import Audiences
from tests.retrieval.audiences import (
    ANN,
    BOB,
    CHUNKS,
    LEVEL,
    TEMP,
    THRESHOLD,
    Company,
    company,
    exact,
    searched,
    told,
)

pytestmark = pytest.mark.integration

__all__ = ["company"]


@pytest.mark.parametrize("email", [ANN, BOB, TEMP])
async def test_a_search_by_index_and_codes_finds_what_an_exact_one_does(
    company: Company, email: str
) -> None:
    await company.keep()
    searcher = company.searcher()
    for _ in range(10):
        vector = company.vector()
        async with company.reading(email) as read:
            found = await searched(searcher, read, vector, 60)
            assert found == told(await exact(read, vector, 60))
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
        found = await searched(searcher, read, vector, 400)
        assert found == told(await exact(read, vector, 400))
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
                found = await searched(searcher, read, vector, 60)
                assert found == told(await exact(read, vector, 60))
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
