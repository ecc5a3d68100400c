"""What people decide that a document is, from the decision to what can be found of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import text

from app.authn.accounts import add_user
from app.catalog.decisions import OPERATOR, decide, end, list_decisions, list_reviews, second
from app.catalog.jobs import start_preview
from app.catalog.secrets import SourceSecrets
from app.catalog.sources import register
from app.domain.decision import Decision, Review
from app.domain.principal import Account, Role
from app.errors import Conflict, InvalidInput, NotFound, NotPermitted
from ingestion.pool import PreparationPool
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


async def about(world: World, account: Account | None = None) -> list[Decision]:
    found = await list_decisions(world.database, account)
    return [one for one in found if one.source == world.source.key]


async def waiting(world: World, account: Account | None = None) -> list[Review]:
    found = await list_reviews(world.database, account)
    return [one for one in found if one.source == world.source.key]


async def previewed(world: World) -> dict[str, int]:
    """How many documents would be of each classification."""
    world.runner.secrets = SourceSecrets(world.database, "ab" * 32)
    job = await start_preview(world.database, None, world.source)
    await world.runner.run_waiting(job)
    return dict((await world.job(job)).detail["classifications"])


async def decided(
    world: World, level: str, account: Account | None = None, document: str = "a.md"
) -> None:
    await decide(
        world.database, account, world.source.key, document, level, "looked at", world.levels
    )


async def floored(world: World, floor: str, owner: str | None) -> None:
    source = world.source
    await register(
        world.database, None, key=source.key, kind=source.kind, config=source.config,
        classification_floor=floor, owner=owner, levels=world.levels,
    )  # fmt: skip


async def test_a_decision_holds_from_the_next_sync_on_and_lasts(folder: World) -> None:
    assert await classified(folder) == "confidential"
    await decided(folder, "internal")
    [found] = await about(folder)
    assert (found.classification, found.by, found.indexed) == ("internal", OPERATOR, "confidential")
    await folder.sync()
    assert await classified(folder) == "internal"
    await folder.sync()
    assert await classified(folder) == "internal"
    await end(folder.database, None, folder.source.key, "a.md")
    await folder.sync()
    assert await classified(folder) == "confidential"
    assert await about(folder) == []


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
    await floored(folder, "internal", ada.email)
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
    await decided(folder, "internal")
    assert await about(folder, bob) == []
    assert len(await about(folder, mia)) == 1


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


async def test_what_is_in_doubt_waits_for_somebody_to_look(
    tree: World, tmp_path: Path, bob: Account, mia: Account
) -> None:
    write(tmp_path / "tree/_acl.yaml", "allow: [everyone]")
    write(tmp_path / "tree/a.md", "Classification: Zebra\n\nshared words")
    await tree.sync()
    assert await classified(tree) == "regulated"
    for account in (None, mia):
        [review] = await waiting(tree, account)
        assert (review.external_id, review.classification, review.otherwise) == (
            "a.md", "regulated", "internal",
        )  # fmt: skip
        assert review.reasons == ("a label in its text names no level of ours",)
    assert await waiting(tree, bob) == []
    await decided(tree, "confidential")
    assert await waiting(tree) == []
    await tree.sync()
    assert await classified(tree) == "confidential"
    write(tmp_path / "tree/a.md", "shared words")
    await end(tree.database, None, tree.source.key, "a.md")
    await tree.sync()
    assert await waiting(tree) == []


async def test_what_is_like_examples_is_as_strict(
    tree: World, tmp_path: Path, project: Path, pool: PreparationPool
) -> None:
    policies = tmp_path / "policies"
    shutil.copytree(project / "policies", policies)
    rules = (policies / "classification.yaml").read_text(encoding="utf-8")
    kinds = (
        "prototypes: [{level: confidential, name: pay slips, folder: pay, doubt: 0.5, sure: 0.9}]"
    )
    (policies / "classification.yaml").write_text(f"{rules}\n{kinds}\n", encoding="utf-8")
    write(policies / "prototypes/pay/one.md", "gross pay net pay tax deducted this month")
    write(tmp_path / "tree/_acl.yaml", "allow: [everyone]")
    write(tmp_path / "tree/one.md", "gross pay net pay tax deducted this month")
    write(tmp_path / "tree/two.md", "gross pay net pay tax deducted last year in spring")
    write(tmp_path / "tree/three.md", "lunch is at noon on the terrace")
    tree.runner.policies, tree.runner.pool = policies, PreparationPool(policies, size=1)
    assert await previewed(tree) == {"confidential": 2, "internal": 1}
    await tree.sync()
    assert await classified(tree, "one.md") == "confidential"
    assert await classified(tree, "two.md") == "confidential"
    assert await classified(tree, "three.md") == "internal"
    found = await waiting(tree)
    assert [r.external_id for r in found] == ["two.md"]
    assert found[0].reasons[0].startswith("like pay slips (0.")
    # a decision that waits for a second person changes nothing of it
    await floored(tree, "internal", None)
    await decided(tree, "public", document="two.md")
    await tree.sync()
    assert await classified(tree, "two.md") == "confidential"
    await decided(tree, "internal", document="two.md")
    assert await previewed(tree) == {"confidential": 1, "internal": 2}
    await tree.sync()
    assert await classified(tree, "two.md") == "internal"
    tree.runner.pool.close()
