"""ACLs alone are synced: what is closed closes at once, and nothing opens whose text may be new."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import text

from app.catalog.jobs import start_sync
from app.domain.principal import Account
from app.domain.source import Job
from ingestion import sync
from ingestion.sources import filesystem
from ingestion.sources.rights import Ground
from tests.ingestion.test_sync import write
from tests.ingestion.world import World

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are read, in order; their times are believed at once."""
    names: list[str] = []
    reads = filesystem.Filesystem._read

    def watched(self: filesystem.Filesystem, path: Path, ground: Ground) -> bytes:
        names.append(path.name)
        return reads(self, path, ground)

    monkeypatch.setattr(filesystem, "SETTLED_SECONDS", 0.0)
    monkeypatch.setattr(filesystem.Filesystem, "_read", watched)
    return names


@pytest.fixture
async def root(tree: World, ada: Account, read: list[str]) -> Path:
    """Two files that Ada reads, synced, and one that she reads for itself."""
    root = Path(tree.source.config["path"])
    write(root / "_acl.yaml", f"allow: [{ada.email}]\nfiles: {{own.md: {{allow: [{ada.email}]}}}}")
    for name in ("a.md", "b.md", "own.md"):
        write(root / name, f"shared words of {name}")
    await tree.sync()
    read.clear()
    return root


async def permissions(tree: World) -> Job:
    job = await start_sync(tree.database, None, tree.source, acls_only=True)
    await tree.runner.run_waiting(job)
    return await tree.job(job)


async def waiting_syncs(tree: World) -> int:
    statement = text(
        "select count(*) from job where kind = 'sync' and state = 'queued' and source_id = :source"
    )
    async with tree.database.app() as connection:
        return int(await connection.scalar(statement, {"source": tree.source.id}) or 0)


async def test_a_wider_acl_opens_what_is_as_it_was_and_reads_nothing(
    tree: World, root: Path, read: list[str], ada: Account, bob: Account
) -> None:
    write(root / "_acl.yaml", f"allow: [everyone]\nfiles: {{own.md: {{allow: [{bob.email}]}}}}")
    job = await permissions(tree)
    assert set(await tree.reads(bob)) == {"a.md", "b.md", "own.md"}
    assert set(await tree.reads(ada)) == {"a.md", "b.md"}
    assert (job.state, job.detail["outcomes"], read) == ("done", {"unchanged": 2, "moved": 1}, [])
    assert await waiting_syncs(tree) == 0


async def test_a_narrower_acl_closes(tree: World, root: Path, ada: Account) -> None:
    write(root / "_acl.yaml", f"allow: []\nfiles: {{own.md: {{allow: [{ada.email}]}}}}")
    await permissions(tree)
    assert set(await tree.reads(ada)) == {"own.md"}


async def test_a_narrower_acl_closes_what_is_new_too(tree: World, root: Path, ada: Account) -> None:
    for name in ("a.md", "b.md"):
        write(root / name, "shared words, new")
    write(root / "_acl.yaml", f"allow: []\nfiles: {{own.md: {{allow: [{ada.email}]}}}}")
    await permissions(tree)
    assert set(await tree.reads(ada)) == {"own.md"}


async def test_a_file_that_is_gone_or_moved_is_closed_and_a_sync_asked_for(
    tree: World, root: Path, ada: Account
) -> None:
    write(root / "hr/_acl.yaml", f"allow: [{ada.email}]")
    (root / "a.md").rename(root / "hr/a.md")
    (root / "b.md").unlink()
    write(root / "new.md")
    await permissions(tree)
    assert set(await tree.reads(ada)) == {"own.md"}
    assert await tree.rows_of("a.md") == await tree.rows_of("b.md") == {}
    assert await waiting_syncs(tree) == 1
    await tree.runner.run_waiting()
    assert set(await tree.reads(ada)) == {"hr/a.md", "own.md", "new.md"}


async def test_old_text_is_not_opened_to_those_who_come_with_the_new(
    tree: World, root: Path, bob: Account
) -> None:
    write(root / "a.md", "shared words without what was private")
    write(root / "own.md", "shared words, new")
    write(root / "_acl.yaml", f"allow: [everyone]\nfiles: {{own.md: {{allow: [{bob.email}]}}}}")
    job = await permissions(tree)
    assert await tree.reads(bob) == {}
    assert job.message == "1 documents are withheld until a sync has read them"
    assert await waiting_syncs(tree) == 1
    await tree.runner.run_waiting()
    assert await tree.reads(bob) == {
        "a.md": "shared words without what was private",
        "b.md": "shared words of b.md",
        "own.md": "shared words, new",
    }


async def test_what_is_wrong_with_an_acl_is_told(tree: World, root: Path, ada: Account) -> None:
    write(root / "_acl.yaml", "allow: {}")
    await permissions(tree)
    assert await tree.reads(ada) == {}
    assert (await tree.problems())["./_acl.yaml"].stage == "acl"
    write(root / "_acl.yaml", "allow: [everyone]")
    await tree.sync()
    assert not await tree.problems()


async def test_what_is_wrong_with_an_acl_hides_nothing_else_that_is(tree: World) -> None:
    root = Path(tree.source.config["path"])
    write(root / "a.md", "shared words")
    write(root / "b.pdf", b"%PDF-1.4 rubbish")
    await tree.sync()
    before = await tree.problems()
    assert (before["."].stage, before["b.pdf"].stage) == ("acl", "parse")
    await permissions(tree)
    assert {name: one.stage for name, one in (await tree.problems()).items()} == {
        ".": "acl", "b.pdf": "parse",
    }  # fmt: skip


async def test_a_source_that_does_not_answer_changes_nothing(
    tree: World, root: Path, ada: Account
) -> None:
    os.rename(root, root.with_name("elsewhere"))  # noqa: PTH104
    job = await permissions(tree)
    assert job.state == "failed"
    assert "is not there" in job.message
    assert set(await tree.reads(ada)) == {"a.md", "b.md", "own.md"}


async def test_acls_are_confirmed(tree: World, root: Path) -> None:
    old = text("update source set confirmed_at = now() - interval '1 day' where id = :id")
    async with tree.database.app() as connection:
        await connection.execute(old, {"id": tree.source.id})
    await permissions(tree)
    age = text("select now() - confirmed_at < interval '1 minute' from source where id = :id")
    async with tree.database.app() as connection:
        assert await connection.scalar(age, {"id": tree.source.id})


async def test_a_long_sync_looks_at_the_acls_again_meanwhile(
    tree: World, root: Path, ada: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "ROUND_SECONDS", 0.0)
    for n in range(4):
        write(root / f"{n}.md", "shared words")
    write(root / "broken.pdf", b"%PDF-1.4 rubbish")
    seen: list[set[str]] = []
    scan = filesystem.Filesystem.scan

    def watched(self: filesystem.Filesystem) -> object:
        if len(seen) == 2:
            write(root / "_acl.yaml", "allow: []")
        seen.append(set())
        return scan(self)

    monkeypatch.setattr(filesystem.Filesystem, "scan", watched)
    job = await tree.sync()
    assert len(seen) > 4
    assert (job.state, job.total, job.done, job.failed) == ("done", 8, 8, 1)
    assert await tree.reads(ada) == {}
