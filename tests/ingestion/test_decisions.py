"""What people decide that a document is, from the decision to what can be found of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from app.authn.accounts import add_user
from app.catalog.decisions import OPERATOR, decide, end, list_decisions, second
from app.catalog.sources import register
from app.domain.principal import Account, Role
from app.errors import Conflict, InvalidInput, NotFound, NotPermitted
from tests.ingestion.test_sync import write
from tests.ingestion.world import World, document

pytestmark = pytest.mark.integration

_LEVEL = text("select classification from document where source_id = :source and external_id = :x")


@pytest.fixture
async def mia(world: World) -> Account:
    """Somebody of compliance."""
    return await add_user(world.database, "mia@house.example", "Mia", Role.COMPLIANCE, None)


@pytest.fixture
async def folder(tree: World, tmp_path: Path) -> World:
    """A folder with one document, which its label makes confidential."""
    write(tmp_path / "tree/_acl.yaml", "allow: [everyone]")
    write(tmp_path / "tree/a.md", "Classification: Confidential\n\nshared words")
    await tree.sync()
    return tree


async def classified(world: World, name: str = "a.md") -> str | None:
    async with world.database.ingest() as connection:
        found = await connection.scalar(_LEVEL, {"source": world.source.id, "x": name})
        return None if found is None else str(found)


async def decided(world: World, level: str, account: Account | None = None) -> None:
    await decide(
        world.database, account, world.source.key, "a.md", level, "looked at", world.levels
    )


async def test_a_decision_holds_from_the_next_sync_on_and_lasts(folder: World) -> None:
    assert await classified(folder) == "confidential"
    await decided(folder, "internal")
    [found] = await list_decisions(folder.database, None, folder.source.key)
    assert (found.classification, found.by, found.indexed) == ("internal", OPERATOR, "confidential")
    await folder.sync()
    assert await classified(folder) == "internal"
    await folder.sync()
    assert await classified(folder) == "internal"
    await end(folder.database, None, folder.source.key, "a.md")
    await folder.sync()
    assert await classified(folder) == "confidential"
    assert await list_decisions(folder.database, None, folder.source.key) == []


async def test_what_is_stricter_closes_at_once(folder: World, ada: Account) -> None:
    assert set(await folder.reads(ada)) == {"a.md"}
    await decided(folder, "regulated")
    assert await folder.reads(ada) == {}
    await folder.sync()
    assert await classified(folder) == "regulated"


async def test_less_than_the_floor_takes_a_second_person(
    folder: World, ada: Account, mia: Account
) -> None:
    source = folder.source
    await register(
        folder.database, None, key=source.key, kind=source.kind, config=source.config,
        classification_floor="internal", owner=ada.email, levels=folder.levels,
    )  # fmt: skip
    await decided(folder, "public", ada)
    await folder.sync()
    assert await classified(folder) == "confidential"
    with pytest.raises(NotPermitted, match="yourself"):
        await second(folder.database, ada, source.key, "a.md", "public")
    with pytest.raises(Conflict):
        await second(folder.database, mia, source.key, "a.md", "internal")
    agreed = await second(folder.database, mia, source.key, "a.md", "public")
    assert agreed.seconded_by == mia.email
    with pytest.raises(Conflict):
        await second(folder.database, mia, source.key, "a.md", "public")
    await folder.sync()
    assert await classified(folder) == "public"
    # another decision needs another agreement
    await decided(folder, "public", ada)
    await folder.sync()
    assert await classified(folder) == "confidential"


async def test_who_does_not_manage_a_source_decides_nothing(
    folder: World, bob: Account, mia: Account
) -> None:
    for account in (bob, mia):
        with pytest.raises(NotFound):
            await decided(folder, "public", account)
        with pytest.raises(NotFound):
            await end(folder.database, account, folder.source.key, "a.md")
    with pytest.raises(NotFound):
        await list_decisions(folder.database, bob, folder.source.key)
    assert await list_decisions(folder.database, mia, folder.source.key) == []


@pytest.mark.parametrize(
    ("name", "level", "reason", "error"),
    [
        ("b.md", "public", "why", NotFound),
        ("a.md", "secret", "why", InvalidInput),
        ("a.md", "public", " ", InvalidInput),
        ("a.md", "public", "x" * 501, InvalidInput),
    ],
)
async def test_what_cannot_be_decided_is_said(
    folder: World, name: str, level: str, reason: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await decide(folder.database, None, folder.source.key, name, level, reason, folder.levels)


async def test_a_pushed_document_is_decided_about_too(world: World, ada: Account) -> None:
    said = document("a.md", "Classification: Confidential\n\nshared words", allow=["everyone"])
    await world.push(said)
    await decided(world, "internal")
    await world.push(said)
    assert await classified(world) == "internal"
    await decided(world, "regulated")
    assert await world.reads(ada) == {}
    await world.push(said)
    assert await classified(world) == "regulated"
