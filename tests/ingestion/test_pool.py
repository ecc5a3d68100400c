"""A document that kills its parser, never ends, or takes its process over costs only itself."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from app.domain.document import Chunk, Element, Rendition, SourceItem
from app.errors import Unavailable
from ingestion import pool as pool_module
from ingestion import processes
from ingestion.classify import Stated
from ingestion.messages import Answered, Problem
from ingestion.pool import PreparationPool
from ingestion.prepare import Pieces, Prepared
from ingestion.problem import DocumentProblem
from ingestion.work import Work

pytestmark = pytest.mark.integration

LONG = "\n\n".join(f"Paragraph {n} says call 555 0100 about {n}." for n in range(2_000))
"""Some seconds."""
FULL = Pieces(
    Rendition("internal", "A", (Element("text", "words"),), {}, ()), (Chunk(0, "", None, "w"),)
)
PREPARED = Prepared(FULL, (), {})


def at(level: str) -> Pieces:
    return replace(FULL, rendition=replace(FULL.rendition, classification=level))


def work(name: str, text: str, stated: Stated | None = None) -> Work:
    item = SourceItem("s", name, "", "", "", text.encode())
    return Work(1, uuid4(), item, stated or Stated(), "", 0)


@pytest.fixture
def own_pool(project: Path) -> Iterator[PreparationPool]:
    pool = PreparationPool(project / "policies", size=2)
    yield pool
    pool.close()


def programs(of: psutil.Process | None = None) -> set[psutil.Process]:
    """The programs that fork processes for documents, or such processes of one."""
    found = set()
    for child in (of or psutil.Process()).children():
        with contextlib.suppress(psutil.Error):
            if "ingestion.forkserver" in child.cmdline():
                found.add(child)
    return found


@pytest.fixture
def others() -> set[psutil.Process]:
    """Programs of other tests' pools."""
    return programs()


def reading(others: set[psutil.Process]) -> set[psutil.Process]:
    """The processes that are at a document now; one that has ended has no command line."""
    found = set()
    for process in set().union(*(programs(program) for program in programs() - others)):
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.cpu_times().user > 0.1:
                found.add(process)
    return found


async def first(others: set[psutil.Process], there: bool = True) -> psutil.Process | None:
    """Wait for the first that reads, or that none does."""
    async with asyncio.timeout(60):
        while bool(reading(others)) is not there:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return next(iter(reading(others)), None)


def folders(beneath: Path) -> int:
    return sum(entry.is_dir() for entry in beneath.iterdir())


async def warmed(pool: PreparationPool, others: set[psutil.Process]) -> None:
    await pool.warm()
    await first(others, there=False)


async def test_a_process_that_somebody_kills_costs_nobody_anything(
    own_pool: PreparationPool, others: set[psutil.Process]
) -> None:
    await warmed(own_pool, others)
    killed = asyncio.create_task(own_pool.prepare(work("a.md", LONG)))
    process = await first(others)
    beside = [asyncio.create_task(own_pool.prepare(work(f"{n}.md", "words"))) for n in range(6)]
    assert process is not None
    process.kill()
    assert [len(each.full.chunks) for each in await asyncio.gather(*beside)] == [1] * 6
    assert len((await killed).full.chunks) > 1


async def test_a_document_that_crashes_its_process_each_time_is_named(
    own_pool: PreparationPool, others: set[psutil.Process]
) -> None:
    await warmed(own_pool, others)
    bad = asyncio.create_task(own_pool.prepare(work("bad.md", LONG)))
    while not bad.done():
        for process in reading(others):
            process.kill()
        await asyncio.sleep(0.01)
    with pytest.raises(DocumentProblem, match="crashed its parser"):
        await bad


async def test_a_document_that_takes_too_long_is_given_up(
    own_pool: PreparationPool, others: set[psutil.Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    await warmed(own_pool, others)
    monkeypatch.setattr(pool_module, "SECONDS", 0.5)
    with pytest.raises(DocumentProblem, match="longer than"):
        await own_pool.prepare(work("slow.md", LONG * 20))
    monkeypatch.setattr(pool_module, "SECONDS", 60.0)
    assert (await own_pool.prepare(work("a.md", "words"))).full.rendition.title == "a.md"
    await first(others, there=False)


async def test_what_is_not_wanted_any_more_is_not_read_on(
    own_pool: PreparationPool, others: set[psutil.Process]
) -> None:
    await warmed(own_pool, others)
    reads = asyncio.create_task(own_pool.prepare(work("a.md", LONG * 20)))
    await first(others)
    reads.cancel()
    await asyncio.wait({reads})
    await first(others, there=False)


async def test_the_program_is_started_again_and_no_document_blamed(
    own_pool: PreparationPool, others: set[psutil.Process]
) -> None:
    await warmed(own_pool, others)
    reads = asyncio.create_task(own_pool.prepare(work("a.md", LONG)))
    await first(others)
    [program] = programs() - others
    program.kill()
    assert len((await reads).full.chunks) > 1
    assert programs() - others != {program}


async def test_a_program_that_does_not_start_is_nobodys_problem(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], project: Path
) -> None:
    for policy in (project / "policies").iterdir():
        (tmp_path / policy.name).write_bytes(policy.read_bytes())
    (tmp_path / "redaction.yaml").write_text("threshold: [")
    broken = PreparationPool(tmp_path)
    with pytest.raises(Unavailable, match="no process starts"):
        await broken.prepare(work("a.md", "words"))
    broken.close()
    assert "redaction.yaml" in capfd.readouterr().err


async def test_a_program_that_does_nothing_is_nobodys_problem(
    own_pool: PreparationPool, others: set[psutil.Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    await warmed(own_pool, others)
    [program] = programs() - others
    program.suspend()
    monkeypatch.setattr(processes, "LOADING", 0.5)
    begun = asyncio.create_task(own_pool.prepare(work("a.md", "words")))
    async with asyncio.timeout(30):
        while program.is_running() and program.status() != psutil.STATUS_ZOMBIE:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    monkeypatch.setattr(processes, "LOADING", 60.0)
    with contextlib.suppress(Unavailable):  # where the next one was not given the time either
        await begun
    assert (await own_pool.prepare(work("a.md", "words"))).full.rendition.title == "a.md"


async def test_a_process_knows_no_secret_and_leaves_nothing(
    own_pool: PreparationPool, others: set[psutil.Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTCULLIS_TEST_SECRET", "x")
    reads = asyncio.create_task(own_pool.prepare(work("a.md", LONG)))
    process = await first(others)
    assert process is not None
    assert not [name for name in process.environ() if "PORTCULLIS" in name]
    assert process.environ()["PATH"] == os.environ["PATH"]
    folder = Path(process.cmdline()[-2])
    assert folder.is_relative_to(tempfile.gettempdir())
    assert folders(folder) == 1
    await reads
    assert folders(folder) == 0
    own_pool.close()
    assert not os.path.exists(folder)  # noqa: PTH110, ASYNC240


class _Called(Exception):
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("taken",)


@pytest.mark.parametrize(
    "answer",
    [
        pickle.dumps(_Called()),
        b"",
        b"\xc1",
        Answered().encoded(),
        Answered(prepared=PREPARED).encoded()[:-1],
        Answered(
            prepared=replace(PREPARED, full=replace(FULL, chunks=(Chunk("1", "", None, "w"),)))  # type: ignore[arg-type]
        ).encoded(),
        Answered(prepared=replace(PREPARED, full=at("x"))).encoded(),
        # less than what is stated
        Answered(prepared=replace(PREPARED, full=at("public"))).encoded(),
        # redacted for whom policy does not want it
        Answered(prepared=replace(PREPARED, full=at("regulated"), redacted=(FULL,))).encoded(),
        Answered(problem=Problem("parse", "x" * 401, "", quarantined=False)).encoded(),
    ],
)
async def test_what_a_process_says_that_was_taken_over_is_no_answer(
    answer: bytes, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def taken_over(self: processes.Processes, question: bytes, seconds: float) -> bytes:
        return answer

    monkeypatch.setattr(processes.Processes, "ask", taken_over)
    monkeypatch.chdir(tmp_path)
    pool = PreparationPool(project / "policies")
    with pytest.raises(DocumentProblem, match="crashed its parser"):
        await pool.prepare(work("a.md", "words", Stated(folder="internal")))
    assert not os.listdir(tmp_path)  # noqa: PTH208


async def test_a_level_that_policy_has_no_more_is_as_strict_as_can_be(
    own_pool: PreparationPool,
) -> None:
    prepared = await own_pool.prepare(work("a.md", "words", Stated(source="of old")))
    assert prepared.full.rendition.classification == "regulated"


async def test_too_long_an_answer_is_none(
    own_pool: PreparationPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "MOST", 1_000)
    with pytest.raises(DocumentProblem, match="crashed its parser"):
        await own_pool.prepare(work("a.md", "words " * 1_000))


def test_what_an_answer_holds_comes_back_as_it_was() -> None:
    assert Answered.decoded(Answered(prepared=PREPARED).encoded()) == Answered(prepared=PREPARED)
