"""A document that kills its parser, or never ends, costs only itself."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from app.domain.document import SourceItem
from ingestion import pool as pool_module
from ingestion.classify import Stated
from ingestion.pool import PreparationPool
from ingestion.problem import DocumentProblem
from ingestion.work import Work

pytestmark = pytest.mark.integration

LONG = "\n\n".join(f"Paragraph {n} says call 555 0100 about {n}." for n in range(40_000))


def work(name: str, text: str) -> Work:
    item = SourceItem("s", name, "", "", "", text.encode())
    return Work(1, uuid4(), item, Stated(), "", 0)


@pytest.fixture
def own_pool(project: Path) -> PreparationPool:
    return PreparationPool(project / "policies", size=1)


def preparing() -> set[int]:
    """The processes that prepare documents."""
    found = set()
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.Error):
            if "spawn_main" in " ".join(child.cmdline()):
                found.add(child.pid)
    return found


async def kill_new(known: set[int], until: asyncio.Task[object], times: int) -> int:
    """Kill processes that are not `known`, up to so many, each after it began to work."""
    killed = 0
    while not until.done() and killed < times:
        for pid in preparing() - known:
            if psutil.Process(pid).cpu_times().user > 0.3:
                os.kill(pid, signal.SIGKILL)
                known.add(pid)
                killed += 1
        await asyncio.sleep(0.02)
    return killed


async def test_what_waited_beside_a_crash_is_prepared_all_the_same(
    own_pool: PreparationPool,
) -> None:
    known = preparing()
    small = [asyncio.create_task(own_pool.prepare(work(f"{n}.md", "words"))) for n in range(6)]
    assert await kill_new(known, small[0], times=1) == 1
    prepared = await asyncio.gather(*small)
    assert [len(each.chunks) for each in prepared] == [1] * 6
    own_pool.close()


async def test_a_document_that_always_crashes_is_named(own_pool: PreparationPool) -> None:
    known = preparing()
    bad = asyncio.create_task(own_pool.prepare(work("bad.md", LONG)))
    await kill_new(known, bad, times=9)
    with pytest.raises(DocumentProblem, match="crashed its parser"):
        await bad
    own_pool.close()


async def test_a_document_that_takes_too_long_is_given_up(
    own_pool: PreparationPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await own_pool.warm()
    monkeypatch.setattr(pool_module, "SECONDS", 1.0)
    began = time.monotonic()
    slow = asyncio.create_task(own_pool.prepare(work("slow.md", LONG * 5)))
    with pytest.raises(DocumentProblem, match="longer than"):
        await slow
    assert time.monotonic() - began < 10
    monkeypatch.setattr(pool_module, "SECONDS", 60.0)
    assert (await own_pool.prepare(work("a.md", "words"))).rendition.title == "a.md"
    own_pool.close()
