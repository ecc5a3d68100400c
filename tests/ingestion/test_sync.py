"""A folder tree and its index: after a sync the one is what the other has, for its readers only."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.authn.accounts import add_user
from app.catalog.jobs import change_sync, start_sync
from app.domain.principal import Account, Role
from app.domain.source import SyncChange
from app.errors import Conflict, InvalidInput
from ingestion import pipeline, runner
from ingestion import pool as pool_module
from ingestion.pool import PreparationPool
from ingestion.source_index import SourceIndex
from ingestion.sources import filesystem
from ingestion.sources.rights import Ground
from tests.ingestion.test_parse import pdf
from tests.ingestion.world import World

pytestmark = pytest.mark.integration


@pytest.fixture(params=[0.0, filesystem.SETTLED_SECONDS], ids=["settled", "fresh"], autouse=True)
def settled(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a file that was just written may be known by its times, or is read each time."""
    monkeypatch.setattr(filesystem, "SETTLED_SECONDS", request.param)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are read, in order."""
    names: list[str] = []
    reads = filesystem.Filesystem._read

    def watched(self: filesystem.Filesystem, path: Path, ground: Ground) -> bytes:
        names.append(path.name)
        return reads(self, path, ground)

    monkeypatch.setattr(filesystem.Filesystem, "_read", watched)
    return names


@pytest.fixture
def root(tree: World) -> Path:
    return Path(tree.source.config["path"])


def write(path: Path, content: str | bytes = "shared words") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


async def test_a_tree_is_read_by_whom_its_sidecars_name(
    tree: World, root: Path, ada: Account, bob: Account
) -> None:
    write(root / "_acl.yaml", "allow: [everyone]")
    write(root / "a.md", "# A\n\nshared words")
    write(root / "hr/_acl.yaml", f"allow: [{ada.email}]\nclassification: confidential")
    write(root / "hr/b.pdf", pdf("shared words in a PDF"))
    write(root / "hr/two\nlines.md")
    job = await tree.sync()
    assert (job.state, job.total, job.done, job.failed) == ("done", 3, 3, 0)
    assert set(await tree.reads(ada)) == {"a.md", "hr/b.pdf", "hr/two\nlines.md"}
    assert set(await tree.reads(bob)) == {"a.md"}
    assert await tree.rows_of("hr/b.pdf") == {"confidential": 1}


async def test_syncing_an_unchanged_tree_embeds_nothing_and_changes_no_revision(
    tree: World, root: Path, ada: Account
) -> None:
    write(root / "_acl.yaml", f"allow: [everyone]\nfiles: {{b.md: {{allow: [{ada.email}]}}}}")
    write(root / "a.md")
    write(root / "b.md")
    write(root / "broken.pdf", b"%PDF-1.4 rubbish")
    await tree.sync()
    tree.embedder.seen.clear()
    before = await tree.revision()
    job = await tree.sync()
    assert (tree.embedder.seen, await tree.revision()) == ([], before)
    assert job.detail["outcomes"]["unchanged"] == 2


async def test_changed_acls_move_and_embed_nothing(
    tree: World, root: Path, ada: Account, bob: Account
) -> None:
    write(root / "_acl.yaml", "allow: [everyone]")
    write(root / "a.md")
    write(root / "sub/b.md")
    await tree.sync()
    tree.embedder.seen.clear()
    write(root / "_acl.yaml", f"allow: [{ada.email}]")
    write(root / "sub/_acl.yaml", f"allow: [{bob.email}]")
    await tree.sync()
    assert set(await tree.reads(ada)) == {"a.md"}
    assert set(await tree.reads(bob)) == {"sub/b.md"}
    write(root / "_acl.yaml", f"files: {{a.md: {{allow: [{bob.email}]}}}}")
    await tree.sync()
    assert await tree.reads(ada) == {}
    assert set(await tree.reads(bob)) == {"a.md", "sub/b.md"}
    assert tree.embedder.seen == []


async def test_denies_of_a_folder_reach_a_file_with_an_acl_of_its_own(
    tree: World, root: Path, ada: Account, bob: Account
) -> None:
    write(root / "_acl.yaml", f"deny: [{bob.email}]")
    write(root / "sub/_acl.yaml", "files: {a.md: {allow: [everyone]}}")
    write(root / "sub/a.md")
    await tree.sync()
    assert set(await tree.reads(ada)) == {"sub/a.md"}
    assert await tree.reads(bob) == {}


async def test_deleted_and_renamed_files_leave_every_index(
    tree: World, root: Path, ada: Account
) -> None:
    write(root / "_acl.yaml", "allow: [everyone]")
    write(root / "a.md")
    write(root / "b.md")
    await tree.sync()
    (root / "a.md").unlink()
    (root / "b.md").rename(root / "c.md")
    job = await tree.sync()
    assert set(await tree.reads(ada)) == {"c.md"}
    assert await tree.rows_of("a.md") == {}
    assert job.detail["outcomes"]["deleted"] == 2


@pytest.mark.parametrize("how", ["missing", "unmounted", "closed"])
async def test_a_root_that_cannot_be_read_deletes_nothing(
    tree: World, root: Path, ada: Account, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(root / "_acl.yaml", "allow: [everyone]")
    write(root / "a.md")
    await tree.sync()
    if how == "closed":  # root may read everything, so the refusal is made here

        def refuse(path: Any) -> Any:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("os.scandir", refuse)
    else:
        shutil.rmtree(root)
        if how == "unmounted":
            root.mkdir()  # noqa: ASYNC240
    job = await tree.sync()
    assert job.state == "failed"
    assert any(word in job.message for word in (str(root), "folder", "mounted"))
    assert set(await tree.reads(ada)) == {"a.md"}


async def test_every_kind_of_problem_is_told_and_stops_nothing(
    tree: World, root: Path, ada: Account
) -> None:
    write(root / "_acl.yaml", "allow: [everyone]")
    write(root / "a.md")
    write(root / "b.exe", "MZ")
    write(root / "c.pdf", b"%PDF-1.4 rubbish")
    write(root / "d.md", "")
    with (root / "e.md").open("wb") as file:
        file.truncate(300_000_000)
    write(root / "unmapped/_acl.yaml", "allow: [group:no-such-group]")
    write(root / "unmapped/f.md")
    write(root / "wrong/_acl.yaml", "allow: [no principal]")
    write(root / "wrong/g.md")
    job = await tree.sync()
    assert (job.state, job.total, job.done, job.failed) == ("done", 7, 7, 4)
    assert set(await tree.reads(ada)) == {"a.md"}
    problems = await tree.problems()
    assert {name: problem.stage for name, problem in problems.items()} == {
        "b.exe": "parse",
        "c.pdf": "parse",
        "d.md": "parse",
        "e.md": "read",
        "unmapped": "acl",
        "wrong/_acl.yaml": "acl",
    }
    assert all(problem.advice for problem in problems.values())


async def test_mended_problems_are_closed(tree: World, root: Path, ada: Account) -> None:
    write(root / "a.md", "")
    write(root / "b.exe", "MZ")
    await tree.sync()
    assert set(await tree.problems()) == {".", "a.md", "b.exe"}
    write(root / "_acl.yaml", "allow: [everyone]")
    write(root / "a.md")
    (root / "b.exe").unlink()
    await tree.sync()
    assert await tree.problems() == {}
    assert set(await tree.reads(ada)) == {"a.md"}


async def test_a_broken_sidecar_hides_and_loses_nothing(
    tree: World, root: Path, ada: Account
) -> None:
    write(root / "_acl.yaml", "allow: [everyone]")
    write(root / "a.md")
    write(root / "own.md")
    sidecar = f"allow: [everyone]\nfiles: {{own.md: {{allow: [{ada.email}]}}}}"
    write(root / "_acl.yaml", sidecar)
    await tree.sync()
    tree.embedder.seen.clear()
    write(root / "_acl.yaml", sidecar + "\nalow: []")
    write(root / "new.md")
    await tree.sync()
    assert await tree.reads(ada) == {}
    assert await tree.rows_of("a.md") == {"internal": 1}
    write(root / "_acl.yaml", sidecar)
    await tree.sync()
    assert set(await tree.reads(ada)) == {"a.md", "own.md", "new.md"}
    assert len(tree.embedder.seen) == 1


async def test_a_stricter_folder_moves_its_documents_to_another_classification(
    tree: World, root: Path, ada: Account
) -> None:
    write(root / "_acl.yaml", "allow: [everyone]\nclassification: public")
    write(root / "a.md")
    await tree.sync()
    assert await tree.rows_of("a.md") == {"public": 1}
    write(root / "_acl.yaml", "allow: [everyone]\nclassification: regulated")
    await tree.sync()
    assert await tree.rows_of("a.md") == {"regulated": 1}
    assert await tree.reads(ada) == {}


async def test_old_text_is_not_shown_to_readers_who_come_with_the_new(
    tree: World, root: Path, ada: Account, bob: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder opens up while one file loses a secret, one is deleted and one cannot be read."""
    write(root / "_acl.yaml", f"allow: [{ada.email}]")
    for name in ("changed.md", "deleted.md", "broken.md", "same.md"):
        write(root / name, f"shared words and the secret of {name}")
    await tree.sync()
    write(root / "_acl.yaml", "allow: [everyone]")
    write(root / "changed.md", "shared words")
    (root / "deleted.md").unlink()
    write(root / "broken.md", "")
    seen: list[set[str]] = []
    delete = SourceIndex.delete

    async def look_first(index: SourceIndex, gone: Any) -> None:
        seen.append(set(await tree.reads(bob)))
        await delete(index, gone)

    monkeypatch.setattr(SourceIndex, "delete", look_first)
    await tree.sync()
    assert seen == [set()]
    assert await tree.reads(bob) == {
        "changed.md": "shared words",
        "same.md": "shared words and the secret of same.md",
    }


async def test_a_narrower_acl_holds_before_any_content_is_read(
    tree: World, root: Path, ada: Account, bob: Account
) -> None:
    write(root / "_acl.yaml", "allow: [everyone]")
    write(root / "a.md")
    await tree.sync()
    write(root / "_acl.yaml", f"allow: [{ada.email}]")
    write(root / "a.md", "shared words with a secret")
    tree.embedder.breaking = RuntimeError()
    job = await start_sync(tree.database, None, tree.source)
    await tree.runner.run_waiting(job)
    assert (await tree.job(job)).state == "queued"
    assert await tree.reads(bob) == {}
    assert await tree.reads(ada) == {"a.md": "shared words"}


async def test_asking_twice_is_one_sync(tree: World, world: World, root: Path) -> None:
    jobs = await asyncio.gather(*(start_sync(tree.database, None, tree.source) for _ in range(4)))
    assert len(set(jobs)) == 1
    with pytest.raises(InvalidInput, match="pushed to"):
        await start_sync(world.database, None, world.source)
    await tree.runner.run_waiting(kind="sync")


async def test_changed_policies_index_everything_again(
    tree: World, root: Path, ada: Account, tmp_path: Path, project: Path
) -> None:
    policies = tmp_path / "policies"
    shutil.copytree(project / "policies", policies)
    tree.runner.policies = policies
    tree.runner.pool = PreparationPool(policies, size=1)
    try:
        write(root / "_acl.yaml", "allow: [everyone]")
        write(root / "a.md", "shared words, card 4111 1111 1111 1111")
        await tree.sync()
        assert await tree.reads(ada) == {"a.md": "shared words, card [CREDIT CARD 1]"}
        rules = (policies / "redaction.yaml").read_text(encoding="utf-8")
        (policies / "redaction.yaml").write_text(rules.replace("CREDIT_CARD, ", ""))
        await tree.sync()
        assert await tree.reads(ada) == {"a.md": "shared words, card 4111 1111 1111 1111"}
        (policies / "redaction.yaml").write_text("redact: everything")
        job = await tree.sync()
        assert job.state == "failed"
        assert "redaction.yaml" in job.message
    finally:
        tree.runner.pool.close()


@pytest.mark.parametrize("settled", [0.0], indirect=True)
async def test_what_is_listed_as_before_is_not_read_again(
    tree: World, root: Path, read: list[str], ada: Account
) -> None:
    write(root / "_acl.yaml", "allow: [everyone]")
    write(root / "a.md")
    write(root / "b.md", "other words")
    write(root / "broken.pdf", b"%PDF-1.4 rubbish")
    await tree.sync()
    read.clear()
    job = await tree.sync()
    assert (job.done, job.detail["outcomes"]["unchanged"], read) == (3, 2, ["broken.pdf"])
    assert set(await tree.reads(ada)) == {"a.md", "b.md"}


@pytest.mark.parametrize("settled", [filesystem.SETTLED_SECONDS], indirect=True)
async def test_what_may_still_change_within_a_tick_is_read_again(
    tree: World, root: Path, read: list[str]
) -> None:
    write(root / "_acl.yaml", "allow: [everyone]")
    write(root / "a.md")
    await tree.sync()
    await tree.sync()
    assert read == ["a.md", "a.md"]


@pytest.mark.parametrize("settled", [0.0], indirect=True)
async def test_a_file_with_the_size_and_time_of_before_is_read(
    tree: World, root: Path, ada: Account
) -> None:
    write(root / "_acl.yaml", "allow: [everyone]")
    write(root / "a.md", "shared words, old")
    before = (root / "a.md").stat()
    await tree.sync()
    write(root / "a.md", "shared words, new")
    os.utime(root / "a.md", ns=(before.st_atime_ns, before.st_mtime_ns))
    await tree.sync()
    assert await tree.reads(ada) == {"a.md": "shared words, new"}


@pytest.mark.parametrize("settled", [0.0], indirect=True)
async def test_a_newer_pipeline_reads_all_again(
    tree: World, root: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(root / "_acl.yaml", "allow: [everyone]")
    write(root / "a.md")
    await tree.sync()
    monkeypatch.setattr(pipeline, "VERSION", "another")
    await tree.sync()
    assert read == ["a.md", "a.md"]


@pytest.mark.parametrize("settled", [0.0], indirect=True)
async def test_an_account_that_becomes_known_reads_what_names_it(
    tree: World, root: Path, read: list[str]
) -> None:
    write(root / "a.md")
    write(root / "_acl.yaml", "allow: [eve@house.example]")
    await tree.sync()
    eve = await add_user(tree.database, "eve@house.example", "Eve", Role.EMPLOYEE, None)
    await tree.sync()
    assert set(await tree.reads(eve)) == {"a.md"}


@pytest.fixture
async def half(
    tree: World, root: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[asyncio.Task[Any]]:
    """A sync of 300 files that has indexed some of them, and goes on."""
    monkeypatch.setattr(runner, "HEARTBEAT_SECONDS", 0.02)
    write(root / "_acl.yaml", "allow: [everyone]")
    for n in range(300):
        write(root / f"{n}.md", f"shared words number {n}")
    job = await start_sync(tree.database, None, tree.source)
    running = asyncio.create_task(tree.runner.run_waiting(job))
    while not (await tree.job(job)).done:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    yield running
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize("settled", [0.0], indirect=True)
async def test_a_paused_sync_stops_and_goes_on_where_it_was(
    tree: World, half: asyncio.Task[Any]
) -> None:
    job = await change_sync(tree.database, None, tree.source, SyncChange.PAUSE)
    await asyncio.wait_for(half, 20)
    paused = await tree.job(job)
    assert (paused.state, paused.ended, paused.seconds_left) == ("paused", False, None)
    assert 0 < paused.done < paused.total == 300
    assert await tree.runner.run_waiting(job) == 0
    await tree.runner.ask_for_due("sync", 0)
    assert await change_sync(tree.database, None, tree.source, SyncChange.RESUME) == job
    await tree.runner.run_waiting(job)
    done = await tree.job(job)
    assert (done.state, done.done, done.failed) == ("done", 300, 0)
    assert await tree.indexed() == 300
    assert done.detail["outcomes"]["unchanged"] >= paused.done, "what was done was done again"


@pytest.mark.parametrize("settled", [0.0], indirect=True)
async def test_a_cancelled_sync_leaves_what_it_did_and_the_next_does_the_rest(
    tree: World, half: asyncio.Task[Any]
) -> None:
    job = await change_sync(tree.database, None, tree.source, SyncChange.CANCEL)
    await asyncio.wait_for(half, 20)
    cancelled = await tree.job(job)
    assert (cancelled.state, cancelled.ended) == ("cancelled", True)
    assert 0 < await tree.indexed() < 300
    with pytest.raises(Conflict, match="no sync of it waits or runs"):
        await change_sync(tree.database, None, tree.source, SyncChange.RESUME)
    assert (await tree.sync()).done == 300
    assert await tree.indexed() == 300


@pytest.mark.parametrize("settled", [0.0], indirect=True)
async def test_a_sync_that_is_asked_for_while_it_is_paused_goes_on(tree: World, root: Path) -> None:
    write(root / "a.md")
    job = await start_sync(tree.database, None, tree.source)
    await change_sync(tree.database, None, tree.source, SyncChange.PAUSE)
    with pytest.raises(Conflict, match="is paused"):
        await change_sync(tree.database, None, tree.source, SyncChange.PAUSE)
    assert await tree.runner.run_waiting(job) == 0
    assert await start_sync(tree.database, None, tree.source) == job
    await tree.runner.run_waiting(job)
    assert (await tree.job(job)).state == "done"


@pytest.mark.parametrize("settled", [0.0], indirect=True)
async def test_a_quarantined_file_is_tried_again_only_when_it_changes(
    tree: World, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "SECONDS", 1.0)
    write(root / "_acl.yaml", "allow: [everyone]")
    write(root / "slow.md", "\n\n".join(f"Call 555 0100 about {n}." for n in range(100_000)))
    write(root / "a.md")
    await tree.runner.warm()
    job = await tree.sync()
    assert (job.failed, job.quarantined) == (1, 1)
    assert "longer than 1 s" in (await tree.problems())["slow.md"].reason
    again = await tree.sync()
    assert (again.done, again.quarantined, again.detail["outcomes"]["unchanged"]) == (2, 1, 1)
    assert again.detail["stages"].keys() <= {"embed"}, "it was prepared again"
    monkeypatch.setattr(pool_module, "SECONDS", 60.0)
    write(root / "slow.md", "short words")
    assert (await tree.sync()).failed == 0
    assert "slow.md" not in await tree.problems()
