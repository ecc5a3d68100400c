"""Indexes of audiences are made, renewed and dropped as audiences change, and nobody waits."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from app.cli.command import app
from app.db import graphs
from app.db.audience_index import as_owner
from app.db.engine import Database, Login
from app.errors import ConfigurationError, Conflict
from app.retrieval.proof.proof import look
from app.runtime.secrets import login_passwords
from tests.conftest import SECRET
from tests.retrieval.audiences import (
    ANN,
    CHUNKS,
    LEVEL,
    SHARED,
    TEMP,
    THRESHOLD,
    Company,
    company,
    exact,
    searched,
)

pytestmark = pytest.mark.integration

__all__ = ["company"]


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
                found = await searched(company.searcher(), read, company.vector(), 10)
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


def test_the_command_keeps_and_lists(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTCULLIS_DATABASE_URL", company.owner_url)
    monkeypatch.setenv("PORTCULLIS_SECRET_KEY", SECRET)
    monkeypatch.setenv("PORTCULLIS_AUDIENCE_CHUNKS", str(THRESHOLD))
    made = "made the index of group:staff in internal: 240 chunks in 6 slots"
    for said in (made, "no index is due\n"):
        ran = CliRunner().invoke(app, ["index", "keep", "--memory", "64"])
        assert (ran.exit_code, ran.stdout[: len(said)]) == (0, said)
    listed = CliRunner().invoke(app, ["index", "list"]).stdout
    assert "group:staff" in listed
    assert listed.split()[-3:] == ["ready", "240", "6"]
