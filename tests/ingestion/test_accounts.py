"""The account rules of a source hold for every ACL that its connector gives, from the next look."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.catalog.jobs import start_preview
from app.catalog.kinds import KINDS, check_config
from app.catalog.secrets import SourceSecrets
from app.catalog.sources import register
from app.domain.acl import Acl
from app.domain.principal import Account
from app.errors import InvalidInput
from ingestion.connect import Access, connector
from ingestion.sources import SourceUnreadable, Standing
from ingestion.sources.reach import Reach
from tests.ingestion.test_live import answering, live, standing
from tests.ingestion.test_permissions import permissions, read
from tests.ingestion.test_sync import write
from tests.ingestion.world import World

__all__ = ["read"]

OLD = {"domains": {"old.example": "house.example"}, "ids": {"group:hr": "group:people"}}


def access() -> Access:
    return Access(("public", "internal"), 1000, Reach(frozenset()))


def test_every_acl_of_a_connector_is_mapped(tmp_path: Path) -> None:
    write(tmp_path / "_acl.yaml", "allow: [group:hr]\ndeny: [eve@old.example]")
    write(tmp_path / "a.md")
    write(tmp_path / "own/_acl.yaml", "files: {b.md: {allow: [ada@old.example]}}")
    write(tmp_path / "own/b.md")
    source = connector("filesystem", {"path": str(tmp_path), "accounts": OLD}, access())
    scan = source.scan()
    folder = Acl.parse(["group:people"], ["eve@house.example"])
    own = Acl.parse(["ada@house.example"])
    assert scan.containers == {".": folder, "own": folder}
    assert [listed.acl for listed in scan.documents] == [None, own]
    assert source.verify("a.md") == Standing(".", folder, None)
    assert source.verify("own/b.md") == Standing("own", folder, own)
    assert source.verify("none.md") is None


@pytest.mark.parametrize("mode", [0o044, 0o604])
def test_whom_modes_deny_and_nobody_here_can_name_closes_the_file(
    tmp_path: Path, mode: int
) -> None:
    write(tmp_path / "a.md")
    tmp_path.chmod(0o755)
    (tmp_path / "a.md").chmod(mode)
    source = connector("filesystem", {"path": str(tmp_path), "acl": "posix"}, access())
    [acl] = source.scan().containers.values()
    assert not acl.allow
    assert acl.deny


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"push"}))
def test_wrong_rules_stop_the_job_of_any_kind_of_source(kind: str) -> None:
    config = {"accounts": {"ids": {"jdoe": "everyone"}}}
    with pytest.raises(SourceUnreadable, match=r"config\.accounts\.ids maps 'jdoe'"):
        connector(kind, config, access())


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("filesystem", {"path": "/srv"}),
        ("web", {"start": "https://a.example/"}),
        ("s3", {"bucket": "papers", "region": "eu"}),
    ],
)
def test_rules_are_looked_at_when_a_source_is_registered(kind: str, config: Any) -> None:
    check_config(kind, {**config, "accounts": OLD})
    with pytest.raises(InvalidInput, match=r"config\.accounts says 'id'"):
        check_config(kind, {**config, "accounts": {"id": {}}})


def test_what_is_pushed_is_not_mapped_and_that_is_said() -> None:
    with pytest.raises(InvalidInput, match="of kind push takes no"):
        check_config("push", {"accounts": OLD})


async def ruled(tree: World, accounts: dict[str, Any]) -> None:
    await register(
        tree.database, None, key=tree.source.key, kind="filesystem",
        config={**tree.source.config, "accounts": accounts}, classification_floor="public",
        owner=None, levels=tree.levels,
    )  # fmt: skip


@pytest.fixture
async def shared(tree: World, read: list[str]) -> World:
    """A file of a folder and one with an ACL of its own, both for somebody whom no rule names."""
    root = Path(tree.source.config["path"])
    own = "files: {own.md: {allow: [ada@old.example]}}"
    write(root / "_acl.yaml", f"allow: [ada@old.example]\n{own}")
    write(root / "a.md", "shared words of a.md")
    write(root / "own.md", "shared words of own.md")
    await tree.sync()
    read.clear()
    return tree


@pytest.mark.integration
async def test_changed_rules_hold_from_the_next_sync_and_nothing_unchanged_is_read(
    shared: World, ada: Account, bob: Account, read: list[str]
) -> None:
    assert await shared.reads(ada) == {}
    await ruled(shared, OLD)
    await shared.sync()
    assert set(await shared.reads(ada)) == {"a.md", "own.md"}
    read.clear()
    await ruled(shared, {"ids": {"ada@old.example": bob.email}})
    await shared.sync()
    assert await shared.reads(ada) == {}
    assert set(await shared.reads(bob)) == {"a.md", "own.md"}
    # what stands elsewhere is placed anew, by a fingerprint of its content
    assert read == ["own.md"]
    assert not await shared.problems()


@pytest.mark.integration
async def test_changed_rules_hold_from_the_next_sync_of_acls(
    shared: World, ada: Account, bob: Account, read: list[str]
) -> None:
    await ruled(shared, OLD)
    await permissions(shared)
    assert set(await shared.reads(ada)) == {"a.md", "own.md"}
    assert "own.md" not in await shared.problems()
    await ruled(shared, {"ids": {"ada@old.example": bob.email}})
    await permissions(shared)
    assert await shared.reads(ada) == {}
    assert set(await shared.reads(bob)) == {"a.md", "own.md"}
    await ruled(shared, {})
    await permissions(shared)
    assert await shared.reads(bob) == {}
    assert read == []


@pytest.mark.integration
async def test_a_live_check_asks_by_the_rules_as_they_are(shared: World, ada: Account) -> None:
    await ruled(shared, OLD)
    await shared.sync()
    async with answering(shared):
        assert await standing(shared, live(shared.database)) == {"a.md", "own.md"}
        await ruled(shared, {})
        assert await standing(shared, live(shared.database)) == {"a.md"}
    assert await shared.reads(ada) == {}


@pytest.mark.integration
async def test_a_job_with_wrong_rules_says_so_and_changes_nothing(
    shared: World, ada: Account
) -> None:
    await ruled(shared, OLD)
    await shared.sync()
    statement = text("update source set config = cast(:config as jsonb) where id = :id")
    config = {**shared.source.config, "accounts": {"ids": {"group:hr": "everyone"}}}
    async with shared.database.app() as connection:
        await connection.execute(statement, {"config": json.dumps(config), "id": shared.source.id})
    job = await shared.sync()
    assert job.state == "failed"
    assert "config.accounts.ids maps 'group:hr' to 'everyone'" in job.message
    assert set(await shared.reads(ada)) == {"a.md", "own.md"}


@pytest.mark.integration
async def test_a_preview_lists_who_is_nobody_after_mapping(shared: World, ada: Account) -> None:
    shared.runner.secrets = SourceSecrets(shared.database, "ab" * 32)
    root = Path(shared.source.config["path"])
    write(root / "hr/_acl.yaml", "allow: [group:hr, boss@other.example, ada@old.example]")
    write(root / "hr/b.md")
    await ruled(shared, OLD)
    job_id = await start_preview(shared.database, None, shared.source)
    await shared.runner.run_waiting(job_id)
    job = await shared.job(job_id)
    assert job.detail["unmapped"] == {"group:people": 1, "boss@other.example": 1}
