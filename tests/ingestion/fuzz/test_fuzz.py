"""Whatever a file is made of, it ends as chunks or as one problem, and nothing else happens.

`PORTCULLIS_MUTATIONS` says how many files are made, `PORTCULLIS_SEED` of which seed.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from pathlib import Path
from time import monotonic
from uuid import uuid4

import psutil
import pytest

from app.domain.document import SourceItem
from ingestion import pool as pool_module
from ingestion.classify import Stated
from ingestion.pool import PreparationPool
from ingestion.problem import DocumentProblem
from ingestion.work import Work
from tests.ingestion.fuzz.bombs import bombs
from tests.ingestion.fuzz.corpus import corpus
from tests.ingestion.fuzz.mutations import mutated

pytestmark = pytest.mark.integration

MUTATIONS = int(os.environ.get("PORTCULLIS_MUTATIONS", "150"))
SEED = int(os.environ.get("PORTCULLIS_SEED", "20261127"))
SECONDS = 20.0
SECRET = "What nobody but its owner may read stands here."
TOGETHER = 8


async def outcome(pool: PreparationPool, name: str, content: bytes) -> str:
    """What became of a file: `prepared`, or the reason of its problem."""
    item = SourceItem("s", name, "", "", "", content)
    try:
        prepared = await pool.prepare(Work(1, uuid4(), item, Stated(), "", 0))
    except DocumentProblem as problem:
        assert problem.advice
        return problem.reason
    assert SECRET not in "".join(chunk.text for chunk in prepared.full.chunks), name
    return "prepared"


@pytest.mark.parametrize("name", sorted(corpus()))
async def test_a_sound_file_of_each_format_is_read(name: str, pool: PreparationPool) -> None:
    assert await outcome(pool, name, corpus()[name]) == "prepared"


async def test_every_mutated_file_is_accounted_for(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "SECONDS", SECONDS)
    secret = tmp_path / "secret.txt"
    secret.write_text(SECRET, encoding="utf-8")
    pool = PreparationPool(project / "policies", size=2)
    outcomes: Counter[str] = Counter()
    turns = asyncio.Semaphore(TOGETHER)

    async def one(n: int) -> None:
        async with turns:
            outcomes[await outcome(pool, *mutated(n, SEED, secret))] += 1
        if outcomes.total() % 1000 == 0:
            print(f"{outcomes.total():,} files", flush=True)

    await asyncio.gather(*(one(n) for n in range(MUTATIONS)))
    pool.close()
    print(*(f"{count:6} {reason}" for reason, count in outcomes.most_common()), sep="\n")
    assert outcomes.total() == MUTATIONS
    assert outcomes["prepared"] > MUTATIONS / 20, "hardly a file was read, so hardly a parser tried"
    assert os.listdir(tmp_path) == [secret.name]  # noqa: PTH208


@pytest.mark.parametrize("name", sorted(bombs()))
async def test_a_bomb_ends_in_time_and_the_next_file_is_read(
    name: str, pool: PreparationPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "SECONDS", SECONDS)
    await pool.warm()
    free = psutil.virtual_memory().available
    began = monotonic()
    found = await outcome(pool, name, bombs()[name])
    assert monotonic() - began < 3 * SECONDS, found
    print(f"{name}: {found} ({monotonic() - began:.1f} s)")
    assert await outcome(pool, "a.md", b"words") == "prepared"
    assert psutil.virtual_memory().available > free - 2 * 1024**3
