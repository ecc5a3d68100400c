"""Keys rotate and sets of principals are forgotten without anybody noticing."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import create_engine, make_url, text
from typer.testing import CliRunner

from app.authz.reading import Reading, reading
from app.authz.scope import ScopeResolver
from app.cli.command import app
from app.db.keys import list_keys, rotate
from app.db.sets import forget_sets
from app.domain.scope import Scope
from app.errors import ConfigurationError, ScopeOutdated
from tests.authz.test_layers import Place, place
from tests.conftest import SECRET

pytestmark = pytest.mark.integration

__all__ = ["place"]


def as_owner(place: Place, statement: str) -> None:
    owner = create_engine(make_url(place.owner_url), isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        connection.execute(text(statement))
    owner.dispose()


async def test_searches_go_on_while_keys_rotate(place: Place) -> None:
    """Every search finds what it should and none fails, with and without time to run out."""
    done = asyncio.Event()
    query = await place.searcher.query("harbour crane")

    async def find(read: Reading) -> set[UUID]:
        found = await place.searcher.search(read, query, 10)
        return {passage.document_id for passage in found.passages}

    async def search() -> int:
        count = 0
        while not done.is_set():
            assert await place.resolver.within(place.ann, "ask", find) == {place.internal}
            count += 1
        return count

    searching = [asyncio.create_task(search()) for _ in range(3)]
    for grace in (60, 0) * 10:
        await asyncio.to_thread(rotate, place.owner_url, timedelta(seconds=grace))
        await asyncio.sleep(0.05)
    done.set()
    counts = await asyncio.gather(*searching)
    assert min(counts) > 0


async def test_a_rotation_leaves_one_key_that_seals_and_forgets_the_oldest(place: Place) -> None:
    made = rotate(place.owner_url, timedelta(minutes=1))
    again = rotate(place.owner_url, timedelta(minutes=1))
    assert [key.id for key in list_keys(place.owner_url) if key.ends_at is None] == [again]
    as_owner(
        place,
        "update seal_key set retired_at = now() - interval '25 hours'"
        " where id = (select max(id) from seal_key where retired_at is not null)",
    )
    assert made in [key.id for key in list_keys(place.owner_url) if key.ended]
    rotate(place.owner_url, timedelta(minutes=1))
    assert made not in [key.id for key in list_keys(place.owner_url)]


async def test_only_the_owner_rotates(place: Place) -> None:
    url = place.database.engines.copy().popitem()[1].url
    with pytest.raises(ConfigurationError, match="owner"):
        rotate(url.render_as_string(hide_password=False), timedelta())


def test_the_command_rotates_on_record(owner_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTCULLIS_DATABASE_URL", owner_url)
    monkeypatch.setenv("PORTCULLIS_SECRET_KEY", SECRET)
    before = list_keys(owner_url)
    for arguments, says in ((["rotate"], "hold for 60 s more"), (["rotate", "--now"], "ended")):
        ran = CliRunner().invoke(app, ["keys", *arguments])
        assert ran.exit_code == 0, ran.output
        assert says in ran.stdout
    listed = CliRunner().invoke(app, ["keys", "list"]).stdout
    assert listed.count("ended") == len(before) + 1
    assert listed.splitlines()[-1].endswith("seals")
    owner = create_engine(make_url(owner_url))
    with owner.connect() as connection:
        records = connection.scalars(
            text(
                "select detail ->> 'grace' from audit_record where action = 'keys-rotated'"
                " order by at"
            )
        )
        assert list(records) == ["60s", "0s"]
    owner.dispose()


async def forget(place: Place) -> int:
    async with place.database.app() as connection:
        return await forget_sets(connection)


async def test_a_forgotten_set_is_refused_and_then_held_anew(place: Place) -> None:
    scope = await place.resolver.resolve(place.ann, "ask")
    as_owner(place, "update principal_set set used_at = now() - interval '25 hours'")
    assert await forget(place) > 0

    with pytest.raises(ScopeOutdated):
        async with reading(place.database, scope):
            pass
    seen: list[Scope] = []

    async def look(read: Reading) -> bool:
        seen.append(read.scope)
        return True

    assert await place.resolver.within(place.ann, "ask", look)
    assert [one.held == scope.held for one in seen] == [False]


async def test_requests_that_come_together_hold_one_set(place: Place) -> None:
    """None of them takes the set that another is writing for one that may read nothing."""
    for _ in range(20):
        as_owner(place, "truncate principal_set")
        resolver = ScopeResolver(place.database, place.resolver.policy, 60)
        scopes = await asyncio.gather(*(resolver.resolve(place.ann, "ask") for _ in range(4)))
        assert {scope.slots.count for scope in scopes} == {1}
        assert len({scope.held for scope in scopes}) == 1


async def test_a_set_that_is_held_now_and_then_stays(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The resolver says again what it holds, and the database marks it once an hour."""
    scope = await place.resolver.resolve(place.ann, "ask")
    as_owner(place, "update principal_set set used_at = now() - interval '23 hours'")
    monkeypatch.setattr("app.authz.scope.HELD_SECONDS", -1)
    await place.resolver.resolve(place.ann, "ask")
    as_owner(place, "update principal_set set used_at = used_at - interval '2 hours'")
    await forget(place)
    assert await place.found(scope) == {place.internal}
