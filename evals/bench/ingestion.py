"""How many documents a second the pipeline takes in, beside the bare library calls for the same
documents in the same run: parse them and look for entities in two processes, then embed.

The calls are those that the pipeline makes, with nothing around them: no confined process, no
classification, redaction, ACL or index.
"""

from __future__ import annotations

import asyncio
import shutil
import statistics
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter, sleep
from typing import Any
from uuid import uuid4

from app.catalog.jobs import get_job, start_sync
from app.catalog.sources import register
from app.cli.tables import table
from app.domain.document import Element, SourceItem
from app.errors import InvalidInput
from app.inference.embed import LocalEmbedder
from app.inference.recognisers.registry import analyser
from app.inference.recognisers.words import LANGUAGE
from app.settings import PROJECT
from evals.bench.scratch import Scratch
from evals.progress import Progress
from ingestion.chunk import MAX_WORDS
from ingestion.parse import parse
from ingestion.pool import PreparationPool
from ingestion.prepare import Rules
from ingestion.problem import DocumentProblem
from ingestion.runner import Runner
from ingestion.sources.filesystem import SETTLED_SECONDS

POLICIES = PROJECT / "policies"
PROCESSES = 2
LARGEST = 50_000_000
DATABASE = "ingestion"


@dataclass
class Timed:
    """Of one folder, seconds of each round; `again` of a sync in which nothing had changed."""

    name: str
    documents: int
    bare: list[float] = field(default_factory=list)
    pipeline: list[float] = field(default_factory=list)
    again: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """The pipeline's documents a second over those of the bare calls, medians of rounds."""
        return statistics.median(self.bare) / statistics.median(self.pipeline)

    @property
    def share(self) -> float:
        """What a sync takes in which nothing changed, of the first."""
        return statistics.median(self.again) / statistics.median(self.pipeline)

    def rows(self) -> Sequence[str]:
        per_second = [
            f"{self.documents / statistics.median(seconds):.1f}"
            for seconds in (self.bare, self.pipeline)
        ]
        return self.name, str(self.documents), *per_second, f"{self.ratio:.2f}", f"{self.share:.1%}"


def shown(timed: Sequence[Timed]) -> str:
    header = ("folder", "documents", "bare calls/s", "pipeline/s", "ratio", "re-sync")
    return table(header, [one.rows() for one in timed])


async def measure(
    bench: Scratch, folders: Sequence[Path], documents: int, rounds: int, progress: Progress
) -> list[Timed]:
    """Up to so many documents of each folder. Raises InvalidInput for a folder without any."""
    bench.make(DATABASE)
    database = bench.connect(DATABASE)
    embedder = LocalEmbedder()
    embedder.embed(["warm"])
    pool = PreparationPool(POLICIES)
    runner = Runner(database, embedder, POLICIES, bench.levels, LARGEST, pool)
    timed = []
    try:
        with bare_processes() as processes:
            for folder in folders:
                files = chosen(folder, documents)
                one = Timed(folder.name, len(files))
                for round_ in range(rounds):
                    progress(f"{folder.name}: round {round_ + 1} of {rounds}")
                    one.bare.append(await asyncio.to_thread(bare, processes, embedder, files))
                    first, again = await synced(runner, bench.root / f"{uuid4()}", folder, files)
                    one.pipeline.append(first)
                    one.again.append(again)
                timed.append(one)
    finally:
        pool.close()
        await database.close()
    return timed


def chosen(folder: Path, count: int) -> list[Path]:
    """Evenly from all files of a folder, in the order of their names."""
    if not folder.is_dir():
        raise InvalidInput(f"{folder} is no folder")
    files = sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))
    if not files:
        raise InvalidInput(f"{folder} has no files")
    step = max(1.0, len(files) / count)
    return [files[int(n * step)] for n in range(min(count, len(files)))]


def bare_processes() -> ProcessPoolExecutor:
    """Started, with every library imported."""
    processes = ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn"))
    list(processes.map(_warm, range(4 * PROCESSES)))
    return processes


def bare(processes: ProcessPoolExecutor, embedder: LocalEmbedder, files: Sequence[Path]) -> float:
    """The seconds that it takes."""
    began = perf_counter()
    texts = [text for pieces in processes.map(_parsed, files) for text in pieces]
    embedder.embed(texts)
    return perf_counter() - began


async def synced(
    runner: Runner, root: Path, folder: Path, files: Sequence[Path]
) -> tuple[float, float]:
    """Seconds of the sync of a new source, and of another after it."""
    for file in files:
        place = root / file.relative_to(folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place)
    (root / "_acl.yaml").write_text("allow: [everyone]\n", encoding="utf-8")
    source = await register(
        runner.database, None, key=root.name, kind="filesystem", config={"path": str(root)},
        classification_floor="public", owner=None, levels=runner.levels,
    )  # fmt: skip
    await runner.warm()
    sleep(SETTLED_SECONDS)  # noqa: ASYNC251  nothing else runs
    seconds = []
    for _ in range(2):
        job = await start_sync(runner.database, None, source)
        began = perf_counter()
        await runner.run_waiting(job)
        seconds.append(perf_counter() - began)
        ended = await get_job(runner.database, None, job)
        if ended.state != "done":
            raise InvalidInput(f"{folder} was not synced: {ended.message}")
    return seconds[0], seconds[1]


@cache
def _analyser() -> tuple[Any, list[str]]:
    types = Rules.load(POLICIES).detector.types
    return analyser(types), sorted(types)


def _warm(number: int) -> None:
    _pieces(SourceItem("", "first.md", "", "", "", b"# First\n\nCall 555-0100 to start.\n"))


def _parsed(file: Path) -> list[str]:
    with suppress(DocumentProblem):
        return _pieces(SourceItem("", file.name, "", "", "", file.read_bytes()))
    return []


def _pieces(item: SourceItem) -> list[str]:
    """What is to be embedded of a document in which entities were looked for."""
    parsed, _ = parse(item)
    engine, types = _analyser()
    engine.analyze(parsed.text, language=LANGUAGE, entities=types)
    return list(_joined(parsed.elements))


def _joined(elements: Sequence[Element]) -> Iterator[str]:
    """In pieces of about the length that the pipeline embeds."""
    words: list[str] = []
    for element in elements:
        words += element.text.split()
        while len(words) >= MAX_WORDS:
            yield " ".join(words[:MAX_WORDS])
            del words[:MAX_WORDS]
    if words:
        yield " ".join(words)
