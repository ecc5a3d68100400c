"""Redacted renditions: whoever may not read a document in full reads it redacted, and nobody reads
both."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from app.authn.accounts import add_user
from app.authz.directory import Group, Person, replace_directory
from app.authz.explain.decision import explain
from app.authz.recheck import readable_renditions
from app.catalog.decisions import decide
from app.catalog.documents import replace_container_acl, replace_document_acl
from app.db.audiences import held_by_all
from app.db.engine import Database
from app.domain.acl import Acl
from app.domain.document import SourceItem
from app.domain.principal import Account, Role
from ingestion.classify import Stated
from ingestion.pool import PreparationPool
from tests.ingestion.test_sync import write
from tests.ingestion.world import World, document

pytestmark = pytest.mark.integration

NUMBERS = [f"{area}-45-{6789 + area}" for area in (219, 221, 223, 225, 227, 229)]
PAY = "shared words of a pay run\n\n" + "\n\n".join(f"SSN of {n}: {n}" for n in NUMBERS)
_OF = text("""
select classification, redacted_at from document where source_id = :source and external_id = :x
""")
_REDACTING = text("select id from acl_slot where source_id = :source and redacts is not null")
_UNCONFIRM = text("""
update acl_slot set confirmed_at = now() - interval '1 hour' where source_id = :source
""")
_UNCONFIRMED = text("""
select count(*) from acl_slot
 where source_id = :source and confirmed_at < now() - interval '1 minute'
""")
_ID = text("select id from document where source_id = :source and external_id = :x")


@pytest.fixture
async def world(world: World, tmp_path: Path, project: Path) -> AsyncIterator[World]:
    """What is regulated is to be had redacted, at confidential and at internal, where numbers of
    social security are replaced only because they are counted."""
    policies = tmp_path / "policies"
    shutil.copytree(project / "policies", policies)
    path = policies / "redaction.yaml"
    wanted = "renditions: [{of: regulated, at: internal}, {of: regulated, at: confidential}]"
    rules = path.read_text(encoding="utf-8").replace("renditions: []", wanted)
    path.write_text(rules.replace("IBAN_CODE, US_SSN,", "IBAN_CODE,"), encoding="utf-8")
    world.runner.policies, world.runner.pool = policies, PreparationPool(policies, size=1)
    yield world
    world.runner.pool.close()


@pytest.fixture
async def cleared(database: Database, ada: Account) -> Account:
    """Somebody who may query what is regulated."""
    account = await add_user(database, "cleared@house.example", "Cleared", Role.EMPLOYEE, None)
    async with database.app() as connection:
        people = [Person(one.email, one.name) for one in (ada, account)]
        await replace_directory(connection, people, [Group("regulated-data", [account.email])])
    return account


async def renditions(world: World, name: str = "pay.md") -> list[str]:
    async with world.database.ingest() as connection:
        row = (await connection.execute(_OF, {"source": world.source.id, "x": name})).one()
    return [row.classification, *row.redacted_at]


async def id_of(world: World, name: str = "pay.md") -> UUID:
    async with world.database.ingest() as connection:
        found = await connection.scalar(_ID, {"source": world.source.id, "x": name})
    return UUID(str(found))


async def test_each_reads_the_fullest_that_they_may_and_nobody_two(
    world: World, ada: Account, cleared: Account
) -> None:
    await world.push(document("pay.md", PAY, allow=["everyone"]))
    assert await renditions(world) == ["regulated", "confidential", "internal"]
    await each_reads_one(world, ada, cleared)


async def each_reads_one(world: World, ada: Account, cleared: Account) -> None:
    for account, sees in ((ada, False), (cleared, True)):
        seen = (await world.reads(account))["pay.md"]
        assert [number in seen for number in NUMBERS] == [sees] * len(NUMBERS)
        assert seen.count("shared words of a pay run") == 1
        assert ("[US SSN 1]" in seen) is not sees


async def test_their_acl_is_the_document_s(world: World, ada: Account, cleared: Account) -> None:
    await world.push(document("pay.md", PAY, allow=[cleared.email]))
    assert await world.reads(ada) == {}
    await replace_document_acl(
        world.database, world.levels, world.source, "pay.md", Acl.parse([ada.email])
    )
    assert "[US SSN 1]" in (await world.reads(ada))["pay.md"]
    assert await world.reads(cleared) == {}
    await replace_document_acl(
        world.database, world.levels, world.source, "pay.md", Acl.parse(["everyone"])
    )
    await each_reads_one(world, ada, cleared)


async def test_one_that_only_its_acl_changes_of_is_still_one_for_each(
    world: World, ada: Account, cleared: Account
) -> None:
    await world.push(document("pay.md", PAY, allow=[ada.email]))
    embedded = len(world.embedder.seen)
    await world.push(document("pay.md", PAY, allow=["everyone"]))
    assert len(world.embedder.seen) == embedded, "it was indexed anew, and not placed"
    await each_reads_one(world, ada, cleared)


async def test_a_change_of_a_folder_reaches_them(
    world: World, ada: Account, cleared: Account
) -> None:
    await replace_container_acl(world.database, world.source, "hr", Acl.parse(["everyone"]))
    await world.push(document("pay.md", PAY, container="hr"))
    assert set(await world.reads(ada)) == set(await world.reads(cleared)) == {"pay.md"}
    acl = Acl.parse(["everyone"], [ada.email])
    await replace_container_acl(world.database, world.source, "hr", acl)
    assert await world.reads(ada) == {}
    assert set(await world.reads(cleared)) == {"pay.md"}
    await replace_container_acl(world.database, world.source, "hr", Acl())
    assert await world.reads(cleared) == {}


@pytest.mark.parametrize(
    "content",
    [
        f"Classification: Regulated\n\n{PAY}",
        f"{PAY}\n\nThis contains protected health information.",
    ],
)
async def test_what_is_strict_for_another_reason_is_not_redacted(
    world: World, ada: Account, content: str
) -> None:
    await world.push(document("pay.md", content, allow=["everyone"]))
    assert await renditions(world) == ["regulated"]
    assert await world.reads(ada) == {}


async def test_no_rendition_is_below_what_is_stated(world: World, ada: Account) -> None:
    said = document("pay.md", PAY, allow=["everyone"], classification="confidential")
    await world.push(said)
    assert await renditions(world) == ["regulated", "confidential"]
    await decide(
        world.database, None, world.source.key, "pay.md", "regulated", "as it is", world.levels
    )
    assert await world.reads(ada) == {}, "at once"
    await world.push(said)
    assert await renditions(world) == ["regulated"]


async def test_a_new_version_leaves_none_behind(world: World, ada: Account) -> None:
    await world.push(document("pay.md", PAY, allow=["everyone"]))
    await world.push(document("pay.md", "shared words alone", allow=["everyone"]))
    assert await renditions(world) == ["internal"]
    assert (await world.reads(ada))["pay.md"] == "shared words alone"


async def test_the_recheck_tells_renditions_apart(
    world: World, ada: Account, cleared: Account
) -> None:
    await world.push(document("pay.md", PAY, allow=["everyone"]))
    one = await id_of(world)
    asked = [(one, level) for level in world.levels]
    async with world.database.snapshot() as connection:
        of_ada = await readable_renditions(connection, world.policy, ada, "ask", asked)
        of_cleared = await readable_renditions(connection, world.policy, cleared, "ask", asked)
    assert of_ada == {(one, "confidential"), (one, "internal")}
    assert of_cleared == set(asked), "what was made of a redacted one may be seen by who sees all"


async def test_no_index_is_kept_over_what_some_of_its_audience_read_in_full(world: World) -> None:
    await world.push(document("pay.md", PAY, allow=["everyone"]))
    async with world.database.app() as connection:
        [everyone] = [
            one for one in await held_by_all(connection, "internal") if one.name == "everyone"
        ]
        redacting = set(await connection.scalars(_REDACTING, {"source": world.source.id}))
    assert redacting
    assert not redacting & set(everyone.slots.ids.tolist())


async def test_who_confirms_an_acl_confirms_it_for_every_rendition(world: World) -> None:
    said = document("pay.md", PAY, allow=["everyone"])
    await world.push(said)
    async with world.database.app() as connection:
        await connection.execute(_UNCONFIRM, {"source": world.source.id})
    await world.push(said)
    async with world.database.app() as connection:
        assert not await connection.scalar(_UNCONFIRMED, {"source": world.source.id})


async def test_it_is_explained(world: World, ada: Account, cleared: Account) -> None:
    await world.push(document("pay.md", PAY, allow=["everyone"]))
    one = await id_of(world)
    found = await explain(world.database, world.policy, ada.email, one)
    assert found.readable
    assert {(c.enough, c.redacted) for c in found.clearances} == {(False, "confidential")}
    found = await explain(world.database, world.policy, cleared.email, one)
    assert {(c.enough, c.redacted) for c in found.clearances} == {(True, None)}


async def test_it_is_inspected(world: World) -> None:
    item = SourceItem("s", "pay.md", "", "", "", PAY.encode())
    found = await world.runner.pool.inspect(item, Stated())
    assert (found.classification, list(found.lower)) == ("regulated", ["confidential", "internal"])
    assert "[US SSN 1]" in found.lower["internal"]
    assert not any(number in text for text in found.lower.values() for number in NUMBERS)


async def test_a_folder_that_is_synced_has_them_too(
    world: World, tree: World, tmp_path: Path, ada: Account
) -> None:
    tree.runner.policies, tree.runner.pool = world.runner.policies, world.runner.pool
    write(tmp_path / "tree/_acl.yaml", "allow: [everyone]")
    write(tmp_path / "tree/pay.md", PAY)
    await tree.sync()
    assert await renditions(tree) == ["regulated", "confidential", "internal"]
    write(tmp_path / "tree/_acl.yaml", f"allow: [everyone]\ndeny: [{ada.email}]")
    await tree.sync()
    assert await tree.reads(ada) == {}
