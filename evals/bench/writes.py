"""The product's readers while documents are being replaced, in turns with and without."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import c_bool, c_long
from dataclasses import dataclass
from itertools import cycle
from multiprocessing.context import SpawnProcess
from time import perf_counter, sleep
from uuid import UUID

import numpy as np

from app.db.engine import Database, Login
from app.domain.document import Chunk, EmbeddedChunk, Rendition, SourceItem
from app.errors import Unavailable
from evals.bench.asking import ask, subject
from evals.bench.load import CLASSIFICATIONS, Loader
from evals.bench.options import Options
from evals.bench.scratch import Scratch
from evals.bench.whole import Portcullis
from ingestion.classify import Stated
from ingestion.index import Indexer
from ingestion.work import Work

TURN = 10
"""Queries in a row with the writer, and as many without."""
PAUSE = 0.2
"""Seconds that a turn waits first, so that the writer has begun or ended."""
SAMPLE = 500
"""So many documents are replaced again and again."""


@dataclass(frozen=True, slots=True)
class Writes:
    """A subject's searches in milliseconds, alone and while documents are replaced, `rate` of them
    a second."""

    wanted: float
    queries: int
    p50_alone: float
    p95_alone: float
    p50_writing: float
    p95_writing: float
    rate: float


async def live_writes(
    server: Scratch,
    portcullis: Portcullis,
    loader: Loader,
    options: Options,
) -> list[Writes]:
    """For each subject; the writer is a process of its own, as the worker is."""
    results = []
    with _writer(server, loader, options.seed) as writer:
        for n, wanted in enumerate(loader.organisation.subjects):
            asking = await subject(
                portcullis.resolver, loader.organisation, n, loader.settled.slots
            )
            chance = np.random.default_rng([options.seed, 6, n])
            asked = ask(loader.corpus, asking.readable, options.queries, chance)
            times: dict[bool, list[float]] = {False: [], True: []}
            seconds, before = 0.0, writer.done.value
            for start in range(0, len(asked.vectors), TURN):
                for writing in (False, True):
                    writer.switch(writing)
                    began = perf_counter()
                    await asyncio.sleep(PAUSE)
                    for vector in asked.vectors[start : start + TURN]:
                        answer = await portcullis.search(asking, vector)
                        times[writing].append(1000 * answer.seconds)
                    seconds += perf_counter() - began if writing else 0
            writer.switch(False)
            results.append(
                Writes(
                    wanted=wanted.share,
                    queries=len(asked.vectors),
                    p50_alone=float(np.percentile(times[False], 50)),
                    p95_alone=float(np.percentile(times[False], 95)),
                    p50_writing=float(np.percentile(times[True], 50)),
                    p95_writing=float(np.percentile(times[True], 95)),
                    rate=(writer.done.value - before) / seconds,
                )
            )
    return results


@dataclass(frozen=True)
class _Writer:
    """The other process. `go` lets it write; `done` counts the documents that it has replaced."""

    process: SpawnProcess
    go: c_bool
    done: c_long

    def switch(self, on: bool) -> None:
        """Raises Unavailable when the process has ended, since then nothing is measured."""
        if not self.process.is_alive():
            raise Unavailable("the process that replaces documents ended by itself")
        self.go.value = on


@dataclass(frozen=True)
class _Replacing:
    """A document as ingestion hands it to the index."""

    work: Work
    rendition: Rendition
    chunks: tuple[EmbeddedChunk, ...]


@contextmanager
def _writer(server: Scratch, loader: Loader, seed: int) -> Iterator[_Writer]:
    context = multiprocessing.get_context("spawn")
    # without a lock: whoever is killed must not keep one
    go, done = context.RawValue(c_bool, False), context.RawValue(c_long, 0)
    process = context.Process(
        target=_write,
        args=(
            server.url(loader.organisation.name), server.passwords, server.levels,
            _sample(loader, seed), go, done,
        ),
        daemon=True,
    )  # fmt: skip
    process.start()
    try:
        yield _Writer(process, go, done)
    finally:
        process.kill()
        process.join()


def _sample(loader: Loader, seed: int) -> list[_Replacing]:
    """Some documents of containers, which are replaced by themselves."""
    organisation, names = loader.organisation, loader.names
    inherited = np.flatnonzero(~organisation.own[organisation.slot])
    chance = np.random.default_rng([seed, 7])
    chosen = chance.choice(inherited, min(SAMPLE, len(inherited)), replace=False)
    kinds = list(CLASSIFICATIONS)
    sample = []
    for number in chosen.tolist():
        level = kinds[names.levels[number]]
        title = loader.texts.title(number)
        item = SourceItem(
            source=loader.settled.key,
            external_id=f"document-{number}",
            title=title,
            uri="",
            mime_type="text/plain",
            content=b"",
            container=f"folder-{loader.settled.slots[organisation.slot[number]]}",
        )
        work = Work(
            source_id=loader.settled.source,
            document_id=UUID(bytes=names.documents[number].tobytes()),
            item=item,
            stated=Stated(document=level),
            fingerprint="",
            acl_sequence=0,
        )
        chunks = tuple(
            EmbeddedChunk(
                Chunk(n, "", None, loader.texts.text(chunk)),
                tuple(loader.corpus.vectors[chunk].tolist()),
            )
            for n, chunk in enumerate(np.flatnonzero(organisation.document == number).tolist())
        )
        sample.append(_Replacing(work, Rendition(level, title, (), {}, ()), chunks))
    return sample


def _write(
    url: str,
    passwords: dict[Login, str],
    levels: tuple[str, ...],
    sample: list[_Replacing],
    go: c_bool,
    done: c_long,
) -> None:
    """Replace documents for as long as the process lives."""

    def wait() -> None:
        while not go.value:
            sleep(PAUSE / 10)

    async def replace() -> None:
        database = Database.connect(url, passwords, pool_size=1)
        indexer = Indexer(database, levels)
        for one in cycle(sample):
            await asyncio.to_thread(wait)
            await indexer.index(one.work, one.rendition, one.chunks)
            done.value += 1

    asyncio.run(replace())
