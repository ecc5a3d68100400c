"""The secrets of sources: sealed, for their own source and its address only, given to nobody."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import text

from app.authn.accounts import add_user
from app.catalog.secrets import SourceSecrets
from app.catalog.sources import get_source, register
from app.db.engine import Database
from app.domain.principal import Role
from app.domain.source import Source
from app.errors import InvalidInput, NotFound

pytestmark = pytest.mark.integration

SAID = "a very secret password"


@pytest.fixture
def secrets(database: Database) -> SourceSecrets:
    return SourceSecrets(database, "ab" * 32)


async def registered(
    database: Database, levels: tuple[str, ...], key: str = "", path: str = "/srv/a"
) -> Source:
    return await register(
        database, None, key=key or f"s-{uuid4().hex[:8]}", kind="filesystem", config={"path": path},
        classification_floor="public", owner=None, levels=levels,
    )  # fmt: skip


async def test_a_secret_is_given_to_the_worker_and_sealed_for_all_others(
    database: Database, levels: tuple[str, ...], secrets: SourceSecrets
) -> None:
    source = await registered(database, levels)
    assert await secrets.get(source.id) is None
    await secrets.put(None, source.key, SAID)
    assert await secrets.get(source.id) == SAID
    assert await SourceSecrets(database, "cd" * 32).get(source.id) is None
    assert (await get_source(database, None, source.key)).has_secret
    async with database.app() as connection:
        row = await connection.scalar(
            text("select s::text from source s where id = :id"), {"id": source.id}
        )
    assert SAID not in row
    assert SAID.encode().hex() not in row
    await secrets.put(None, source.key, "")
    assert await secrets.get(source.id) is None


async def test_a_secret_of_another_source_opens_nothing(
    database: Database, levels: tuple[str, ...], secrets: SourceSecrets
) -> None:
    one, other = await registered(database, levels), await registered(database, levels)
    await secrets.put(None, one.key, SAID)
    move = text(
        "update source set secret = (select secret from source where id = :one) where id = :other"
    )
    async with database.app() as connection:
        await connection.execute(move, {"one": one.id, "other": other.id})
    assert await secrets.get(other.id) is None


async def test_another_address_does_not_get_the_secret(
    database: Database, levels: tuple[str, ...], secrets: SourceSecrets
) -> None:
    source = await registered(database, levels)
    await secrets.put(None, source.key, SAID)
    await registered(database, levels, source.key)
    assert await secrets.get(source.id) == SAID
    await registered(database, levels, source.key, "/srv/elsewhere")
    assert await secrets.get(source.id) is None


async def test_who_may_not_manage_a_source_gives_it_no_secret(
    database: Database, levels: tuple[str, ...], secrets: SourceSecrets
) -> None:
    source = await registered(database, levels)
    eve = await add_user(database, f"eve-{uuid4().hex[:6]}@x.example", "Eve", Role.OWNER, None)
    with pytest.raises(NotFound):
        await secrets.put(eve, source.key, SAID)
    with pytest.raises(InvalidInput, match="at most"):
        await secrets.put(None, source.key, "x" * 10_000)


async def test_account_rules_change_no_address(
    database: Database, levels: tuple[str, ...], secrets: SourceSecrets
) -> None:
    source = await registered(database, levels)
    await secrets.put(None, source.key, SAID)
    rules = {"ids": {"group:staff": "group:all-staff"}}
    for config in ({"path": "/srv/a", "accounts": rules}, {"path": "/srv/a"}):
        changed = await register(
            database, None, key=source.key, kind="filesystem", config=config,
            classification_floor="public", owner=None, levels=levels,
        )  # fmt: skip
        assert (changed.config, changed.has_secret) == (config, True)
