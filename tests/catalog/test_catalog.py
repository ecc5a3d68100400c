"""Who may manage which source, on the real database."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from app.authn.accounts import add_user
from app.catalog.documents import accept
from app.catalog.jobs import get_job, start_sync, wait_for
from app.catalog.overview import overview
from app.catalog.sources import get_source, list_sources, register, remove_source
from app.db.engine import Database
from app.domain.principal import Account, Role
from app.domain.source import PushedDocument, Schedule, Source
from app.errors import Conflict, InvalidInput, NotFound, NotPermitted

pytestmark = pytest.mark.integration


@pytest.fixture
async def owner(database: Database) -> Account:
    return await add_user(database, "owner@house.example", "Owner", Role.OWNER, None)


@pytest.fixture
async def other(database: Database) -> Account:
    return await add_user(database, "other@house.example", "Other", Role.OWNER, None)


@pytest.fixture
async def admin(database: Database) -> Account:
    return await add_user(database, "admin@house.example", "Admin", Role.ADMIN, None)


async def put(
    database: Database, account: Account | None, levels: tuple[str, ...], **said: Any
) -> Source:
    values: dict[str, Any] = {
        "key": f"s-{uuid4().hex[:8]}",
        "kind": "push",
        "config": {},
        "classification_floor": "public",
        "owner": None,
    }
    return await register(database, account, levels=levels, **{**values, **said})


async def test_an_owner_sees_its_own_sources_and_an_admin_all(
    database: Database, levels: tuple[str, ...], owner: Account, other: Account, admin: Account
) -> None:
    mine = await put(database, owner, levels)
    theirs = await put(database, other, levels)
    assert mine.owner == owner.email
    assert [source.key for source in await list_sources(database, owner)] == [mine.key]
    assert {mine.key, theirs.key} <= {s.key for s in await list_sources(database, admin)}
    assert [o.source.key for o in await overview(database, other)] == [theirs.key]


async def test_another_owner_s_source_is_as_if_it_were_not_there(
    database: Database, levels: tuple[str, ...], owner: Account, other: Account
) -> None:
    mine = await put(database, owner, levels)
    messages = set()
    for key in (mine.key, "no-such-source"):
        for call in (
            get_source(database, other, key),
            remove_source(database, other, key, levels),
        ):
            with pytest.raises(NotFound) as caught:
                await call
            messages.add(caught.value.message.replace(key, "KEY"))
    assert len(messages) == 1
    with pytest.raises(NotFound):
        await put(database, other, levels, key=mine.key)
    assert (await get_source(database, owner, mine.key)).owner == owner.email


async def test_an_owner_registers_for_itself_only(
    database: Database, levels: tuple[str, ...], owner: Account, other: Account, admin: Account
) -> None:
    with pytest.raises(NotPermitted):
        await put(database, owner, levels, owner=other.email)
    assert (await put(database, admin, levels, owner=other.email)).owner == other.email
    with pytest.raises(InvalidInput, match="nobody here"):
        await put(database, admin, levels, owner="ghost@house.example")


@pytest.mark.parametrize(
    "said",
    [
        {"key": "Not A Key"},
        {"key": "../up"},
        {"kind": "carrier-pigeon"},
        {"classification_floor": "purple"},
        {"kind": "filesystem", "config": {}},
        {"schedule": Schedule(sync_minutes=-1)},
        {"schedule": Schedule(permission_minutes=10**9)},
    ],
)
async def test_what_makes_no_source_is_refused(
    database: Database, levels: tuple[str, ...], said: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput):
        await put(database, None, levels, **said)


async def test_jobs_are_seen_by_whom_the_source_is_seen(
    database: Database, levels: tuple[str, ...], owner: Account, other: Account, admin: Account
) -> None:
    config = {"start": "https://house.example/"}
    source = await put(database, owner, levels, kind="web", config=config)
    job = await start_sync(database, owner, source)
    assert (await get_job(database, owner, job)).state == "queued"
    assert (await get_job(database, admin, job)).source == source.key
    for asked in (job, uuid4()):
        with pytest.raises(NotFound):
            await get_job(database, other, asked)
    with pytest.raises(Conflict, match="still at work"):
        await wait_for(database, owner, job, 0.2)


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("filesystem", {"path": "/etc"}),
        ("mailbox", {"path": "/home/chief/Maildir", "owner": "owner@house.example"}),
        ("git", {"path": "/srv/git/finance", "rules": [{"path": "**", "allow": ["everyone"]}]}),
        ("sql", {"url": "sqlite:////srv/pay.db", "query": "select 1", "acl_query": "select 1"}),
    ],
)
async def test_what_the_worker_holds_is_given_by_an_admin(
    database: Database,
    levels: tuple[str, ...],
    owner: Account,
    admin: Account,
    kind: str,
    config: dict[str, Any],
) -> None:
    with pytest.raises(NotPermitted, match="for an admin"):
        await put(database, owner, levels, kind=kind, config=config)
    given = await put(database, admin, levels, kind=kind, config=config, owner=owner.email)
    said = {"key": given.key, "kind": kind, "config": config}
    stricter = await put(database, owner, levels, classification_floor=levels[1], **said)
    assert stricter.classification_floor == levels[1]
    place = "url" if kind == "sql" else "path"
    with pytest.raises(NotPermitted, match="for an admin"):
        await put(
            database, owner, levels, **said | {"config": {**config, place: f"{config[place]}/x"}}
        )
    assert (await get_source(database, owner, given.key)).config == config


async def test_a_schedule_is_kept_and_a_site_is_not_asked_every_few_minutes(
    database: Database, levels: tuple[str, ...]
) -> None:
    usual = await put(database, None, levels)
    assert usual.schedule == Schedule(None, None)
    config = {"start": "https://house.example/"}
    site = await put(database, None, levels, kind="web", config=config)
    assert site.schedule == Schedule(240, 60)
    never = await put(
        database, None, levels, kind="web", config=config, key=site.key, schedule=Schedule(0, 30)
    )
    assert never.schedule == Schedule(0, 30)
    assert (await get_source(database, None, site.key)).schedule == Schedule(0, 30)


async def test_a_synced_source_is_not_pushed_to(
    database: Database, levels: tuple[str, ...]
) -> None:
    source = await put(database, None, levels, kind="filesystem", config={"path": "/nowhere"})
    with pytest.raises(InvalidInput, match="is synced"):
        await accept(
            database, None, source, [PushedDocument("a", "a", b"a", "text/plain")],
            levels=levels, max_bytes=100,
        )  # fmt: skip
