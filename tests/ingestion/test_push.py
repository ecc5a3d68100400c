"""Documents that are pushed, from the call to what people can find, with every race on the way."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from app.catalog.documents import (
    accept,
    delete_document,
    replace_container_acl,
    replace_document_acl,
)
from app.catalog.sources import get_source, remove_source
from app.domain.acl import Acl
from app.domain.document import Chunk
from app.domain.principal import Account
from app.errors import DatabaseUnavailable, InvalidInput, NotFound
from ingestion import pipeline
from ingestion.job import ATTEMPTS, JobLedger
from ingestion.pool import PreparationPool
from ingestion.prepare import Prepared
from ingestion.work import Work
from tests.ingestion.world import MAX_BYTES, World, document

pytestmark = pytest.mark.integration


async def test_a_batch_is_found_by_whom_its_acls_name(
    world: World, ada: Account, bob: Account
) -> None:
    job = await world.push(
        document("a", "shared words for Ada", allow=[ada.email]),
        document("both", "shared words for both", allow=["everyone"]),
        document("denied", "shared words not for Ada", allow=["everyone"], deny=[ada.email]),
        document("nobody", "shared words for nobody", allow=[]),
    )
    assert set(await world.reads(ada)) == {"a", "both"}
    assert set(await world.reads(bob)) == {"both", "denied"}
    ended = await world.job(job)
    assert (ended.state, ended.total, ended.done, ended.failed) == ("done", 4, 4, 0)
    assert await world.intake(job) == [("done", False)] * 4


async def test_pushing_the_same_again_embeds_nothing_and_changes_no_revision(
    world: World, ada: Account
) -> None:
    await world.push(document("a", allow=["everyone"]))
    world.embedder.seen.clear()
    before = await world.revision()
    await world.push(document("a", allow=["everyone"]))
    assert (world.embedder.seen, await world.revision()) == ([], before)
    await world.push(document("a", allow=[]))
    assert world.embedder.seen == []
    assert await world.revision() > before
    assert await world.reads(ada) == {}


async def test_a_new_version_replaces_the_old_one_everywhere(world: World, ada: Account) -> None:
    await world.push(document("a", "shared words, the old ones", allow=["everyone"]))
    await world.push(
        document("a", "shared words, the new ones", allow=["everyone"],
                 classification="confidential")
    )  # fmt: skip
    assert await world.reads(ada) == {"a": "shared words, the new ones"}
    assert await world.rows_of("a") == {"confidential": 1}


async def test_with_neither_acl_nor_container_nobody_reads_and_the_owner_is_told(
    world: World, ada: Account
) -> None:
    await world.push(document("a"))
    assert await world.reads(ada) == {}
    assert "nobody" in (await world.problems())["a"].reason
    await world.push(document("a", allow=["everyone"]))
    assert set(await world.reads(ada)) == {"a"}
    assert await world.problems() == {}


async def test_an_unknown_principal_grants_nothing_and_the_owner_is_told(
    world: World, ada: Account
) -> None:
    await world.push(document("a", allow=["group:no-such-group", ada.email]))
    assert set(await world.reads(ada)) == {"a"}
    assert "group:no-such-group" in (await world.problems())["a"].reason


async def test_a_container_is_one_write_for_all_and_its_denies_reach_own_acls(
    world: World, ada: Account, bob: Account
) -> None:
    await world.push(
        document("inherits", container="box"),
        document("own", container="box", allow=["everyone"]),
    )
    assert set(await world.reads(ada)) == {"own"}
    await replace_container_acl(
        world.database, world.source, "box", Acl.parse(["everyone"], [bob.email])
    )
    assert set(await world.reads(ada)) == {"inherits", "own"}
    assert await world.reads(bob) == {}
    assert len(world.embedder.seen) == 2


async def test_a_replaced_acl_holds_at_once(world: World, ada: Account, bob: Account) -> None:
    await world.push(document("a", allow=[ada.email]))
    before = await world.revision()
    change = await replace_document_acl(
        world.database, world.levels, world.source, "a", Acl.parse([bob.email])
    )
    assert change.revision > before
    assert await world.reads(ada) == {}
    assert set(await world.reads(bob)) == {"a"}


async def test_an_acl_replaced_while_content_waits_is_not_undone(
    world: World, ada: Account, bob: Account
) -> None:
    await world.push(document("a", "shared words, first", allow=[ada.email]))
    waiting = await world.push(document("a", "shared words, second", allow=["everyone"]), run=False)
    await replace_document_acl(
        world.database, world.levels, world.source, "a", Acl.parse([ada.email])
    )
    await world.runner.run_waiting(waiting)
    assert await world.reads(ada) == {"a": "shared words, second"}
    assert await world.reads(bob) == {}


async def test_an_acl_replaced_before_the_first_indexing_obeys_the_container_s_denies(
    world: World, ada: Account, bob: Account
) -> None:
    await replace_container_acl(world.database, world.source, "box", Acl.parse([], [bob.email]))
    waiting = await world.push(document("a", container="box"), run=False)
    await replace_document_acl(
        world.database, world.levels, world.source, "a", Acl.parse(["everyone"])
    )
    await world.runner.run_waiting(waiting)
    assert set(await world.reads(ada)) == {"a"}
    assert await world.reads(bob) == {}


async def test_a_push_widens_only_together_with_its_content(
    world: World, ada: Account, bob: Account
) -> None:
    await world.push(document("a", "shared words with a salary", allow=[ada.email]))
    waiting = await world.push(document("a", "shared words only", allow=["everyone"]), run=False)
    assert await world.reads(bob) == {}
    await world.runner.run_waiting(waiting)
    assert await world.reads(bob) == {"a": "shared words only"}


async def test_a_push_that_widens_and_cannot_be_read_withdraws_the_old_text(
    world: World, ada: Account, bob: Account
) -> None:
    await world.push(document("a", "shared words with a salary", allow=[ada.email]))
    job = await world.push(document("a", " ", allow=["everyone"]))
    assert await world.reads(bob) == await world.reads(ada) == {}
    assert "empty" in (await world.job(job)).message


async def test_a_push_that_cannot_be_read_leaves_the_old_text_to_its_readers(
    world: World, ada: Account
) -> None:
    await world.push(document("a", "shared words", allow=[ada.email]))
    await world.push(document("a", " ", allow=[ada.email]))
    assert set(await world.reads(ada)) == {"a"}
    assert "empty" in (await world.problems())["a"].reason


async def test_a_push_that_is_stricter_and_cannot_be_read_withdraws_the_old_text(
    world: World, ada: Account
) -> None:
    await world.push(document("a", "shared words", allow=[ada.email]))
    await world.push(document("a", " ", allow=[ada.email], classification="regulated"))
    assert await world.rows_of("a") == {}


async def test_a_document_deleted_while_it_waits_stays_deleted(world: World, ada: Account) -> None:
    waiting = await world.push(document("a", allow=["everyone"]), run=False)
    await delete_document(world.database, world.levels, world.source, "a")
    await world.runner.run_waiting(waiting)
    assert await world.reads(ada) == {}
    assert await world.intake(waiting) == [("superseded", False)]
    assert (await world.job(waiting)).state == "done"


async def test_a_deleted_document_is_gone_from_every_index(world: World, ada: Account) -> None:
    await world.push(document("a", allow=["everyone"]))
    before = await world.revision()
    assert await delete_document(world.database, world.levels, world.source, "a") > before
    assert await world.reads(ada) == {}
    assert await world.rows_of("a") == {}
    with pytest.raises(NotFound):
        await delete_document(world.database, world.levels, world.source, "a")


async def test_the_last_push_wins_in_whatever_order_the_jobs_run(
    world: World, ada: Account
) -> None:
    first = await world.push(document("a", "shared words, first", allow=["everyone"]), run=False)
    last = await world.push(document("a", "shared words, last", allow=["everyone"]), run=False)
    await world.runner.run_waiting(last)
    await world.runner.run_waiting(first)
    assert await world.reads(ada) == {"a": "shared words, last"}
    assert await world.intake(first) == [("superseded", False)]


async def test_a_crash_leaves_everything_as_it_was_and_the_job_is_taken_up_again(
    world: World, ada: Account
) -> None:
    await world.push(document("a", "shared words, old", allow=["everyone"]))
    before = await world.reads(ada)
    job = await world.push(
        document("a", "shared words, new", allow=["everyone"]),
        document("b", "shared words, other", allow=["everyone"]),
        run=False,
    )
    world.embedder.breaking = RuntimeError("quotes the document")
    await world.runner.run_waiting(job)
    assert await world.reads(ada) == before
    broken = await world.job(job)
    assert broken.state == "queued"
    assert "quotes" not in broken.message
    await world.runner.run_waiting(job)
    assert set(await world.reads(ada)) == {"a", "b"}
    assert (await world.job(job)).state == "done"


async def test_a_job_that_breaks_every_time_fails_in_the_end(world: World) -> None:
    job = await world.push(document("a", allow=["everyone"]), run=False)
    for _ in range(6):
        world.embedder.breaking = RuntimeError()
        await world.runner.run_waiting(job)
    ended = await world.job(job)
    assert ended.state == "failed"
    assert "given up after 5 attempts" in ended.message


async def test_a_job_that_gets_further_each_time_is_not_given_up(
    world: World, ada: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where somebody ends the worker again and again: each attempt indexes one, and breaks."""
    monkeypatch.setattr(pipeline, "BATCH_CHUNKS", 1)
    names = [str(n) for n in range(ATTEMPTS + 3)]
    job = await world.push(*(document(name, allow=["everyone"]) for name in names), run=False)
    for _ in names:
        world.embedder.breaking, world.embedder.after = RuntimeError(), 1
        await world.runner.run_waiting(job)
    assert (await world.job(job)).state == "done"
    assert set(await world.reads(ada)) == set(names)


async def test_a_job_is_given_back_when_its_database_is_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    retry, away = JobLedger.retry, [DatabaseUnavailable(), DatabaseUnavailable()]

    async def at_times(*given: Any, **named: Any) -> None:
        if away:
            raise away.pop()
        await retry(*given, **named)

    monkeypatch.setattr(JobLedger, "retry", at_times)
    job = await world.push(document("a", allow=["everyone"]), run=False)
    world.embedder.breaking = DatabaseUnavailable()
    await world.runner.run_waiting(job)
    assert not away
    assert (await world.job(job)).state == "queued"
    await world.runner.run_waiting(job)
    assert (await world.job(job)).state == "done"


async def test_a_database_that_goes_away_uses_up_no_attempt(world: World, ada: Account) -> None:
    job = await world.push(document("a", allow=["everyone"]), run=False)
    for _ in range(8):
        world.embedder.breaking = DatabaseUnavailable()
        await world.runner.run_waiting(job)
        assert (await world.job(job)).state == "queued"
    world.embedder.breaking = None
    await world.runner.run_waiting(job)
    assert set(await world.reads(ada)) == {"a"}


async def test_what_goes_away_while_documents_are_read_uses_up_no_attempt(
    world: World, ada: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await world.push(*(document(name, allow=["everyone"]) for name in ("a", "b")), run=False)

    async def away(pool: PreparationPool, work: object) -> None:
        raise DatabaseUnavailable

    with monkeypatch.context() as patched:
        patched.setattr(PreparationPool, "prepare", away)
        for _ in range(ATTEMPTS + 2):
            await world.runner.run_waiting(job)
            assert (await world.job(job)).state == "queued"
    await world.runner.run_waiting(job)
    assert set(await world.reads(ada)) == {"a", "b"}


async def test_what_the_database_does_not_take_is_a_problem_of_its_document(
    world: World, ada: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an answer of a process that a file took over may be."""
    prepare = PreparationPool.prepare

    async def endless(pool: PreparationPool, work: Work) -> Prepared:
        prepared = await prepare(pool, work)
        if work.item.external_id == "b":
            return prepared
        words = " ".join(f"word{n}" for n in range(200_000))
        full = replace(prepared.full, chunks=(Chunk(0, "", None, words),))
        return replace(prepared, full=full)

    monkeypatch.setattr(PreparationPool, "prepare", endless)
    job = await world.push(*(document(name, allow=["everyone"]) for name in ("a", "b")))
    ended = await world.job(job)
    assert (ended.state, ended.failed) == ("done", 1)
    assert "the database did not take" in ended.message
    assert set(await world.reads(ada)) == {"b"}


async def test_a_worker_that_is_stopped_gives_its_job_back(world: World, ada: Account) -> None:
    job = await world.push(document("a", allow=["everyone"]), run=False)
    running = asyncio.create_task(world.runner.run_waiting(job))
    while (await world.job(job)).state != "running":  # noqa: ASYNC110
        await asyncio.sleep(0.005)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert (await world.job(job)).state == "queued"
    await world.runner.run_waiting(job)
    assert set(await world.reads(ada)) == {"a"}


async def test_what_policy_replaces_is_nowhere_in_the_index(world: World, ada: Account) -> None:
    await world.push(
        document("a", "shared words: pay with card 4111 1111 1111 1111.", allow=["everyone"])
    )
    assert await world.reads(ada) == {"a": "shared words: pay with card [CREDIT CARD 1]."}
    assert not any("4111" in text for text in world.embedder.seen)


async def test_a_removed_source_takes_everything_with_it(world: World, ada: Account) -> None:
    await world.push(document("a", allow=["everyone"]), document("b", container="box"))
    await world.push(document("c", allow=["everyone"]), run=False)
    await remove_source(world.database, None, world.source.key, world.levels)
    assert await world.reads(ada) == {}
    with pytest.raises(NotFound):
        await get_source(world.database, None, world.source.key)
    with pytest.raises(NotFound):
        await world.push(document("d", allow=["everyone"]))
    assert await world.runner.run_waiting(kind="ingest") == 0


async def test_batches_that_share_documents_do_not_block_each_other(
    world: World, ada: Account
) -> None:
    names = [uuid4().hex for _ in range(20)]
    batches = [names, names[::-1]] * 3
    await asyncio.gather(
        *(world.push(*(document(n, allow=["everyone"]) for n in batch), run=False)
          for batch in batches)
    )  # fmt: skip
    await world.runner.run_waiting(kind="ingest")
    assert set(await world.reads(ada)) == set(names)


async def test_what_is_wrong_with_a_push_is_said_before_anything_is_kept(world: World) -> None:
    good = document("good", allow=["everyone"])
    for bad, reason in (
        (document("", allow=["everyone"]), "external_id"),
        (document("x\0y"), "zero character"),
        (document("x\ud800y"), "half a character"),
        (document("x", classification="purple"), "unknown classification"),
        (document("good"), "twice"),
    ):
        with pytest.raises(InvalidInput, match=reason):
            await world.push(good, bad)
    with pytest.raises(InvalidInput, match="larger than"):
        await accept(
            world.database, None, world.source, [document("x", "y" * (MAX_BYTES + 1))],
            levels=world.levels, max_bytes=MAX_BYTES,
        )  # fmt: skip
    assert await world.runner.run_waiting(kind="ingest") == 0
