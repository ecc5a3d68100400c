"""The story of a document: parse, classify, redact, chunk, embed, index.

The first four only compute, so `prepare` does them in a process of their own, and overlaps with the
embedding of the documents before.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter

from sqlalchemy.exc import DataError, OperationalError, ProgrammingError

from app.domain.document import EmbeddedChunk, EmbeddedRendition
from app.inference.embed import Embedder, Vector
from ingestion.chunk import embedded_text
from ingestion.index import Indexer
from ingestion.inspect import Inspected
from ingestion.pool import PreparationPool
from ingestion.prepare import Prepared
from ingestion.problem import DocumentProblem, Quarantine
from ingestion.prototypes import Prototypes, example_files
from ingestion.work import Work

VERSION = "5"
"""Raise it when the same file would be indexed differently: the next sync indexes all again."""
AHEAD = 16
"""So many documents are read ahead of the one that is written."""
BATCH_CHUNKS = 96
"""About so many chunks, of several documents, are embedded together."""


def pipeline_version(policies: Path, embedder_name: str) -> str:
    """What every fingerprint depends on besides the document: our code, policies, the model."""
    digest = hashlib.sha256(f"{VERSION}\0{embedder_name}".encode())
    for path in (
        policies / "classification.yaml",
        policies / "redaction.yaml",
        *example_files(policies),
    ):
        digest.update(path.read_bytes())
    return digest.hexdigest()


@dataclass
class Tally:
    """What a run did: counts by outcome, seconds by stage."""

    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))


Report = Callable[[], Awaitable[None]]


@dataclass
class Pipeline:
    """Takes works to the index, several at a time; one document's problem stops no other."""

    pool: PreparationPool
    embedder: Embedder
    indexer: Indexer
    prototypes: Prototypes

    async def run(self, works: AsyncIterator[Work], tally: Tally, report: Report) -> None:
        """Index every work and count it in `tally`; `report` is awaited after each batch."""
        ready: asyncio.Queue[tuple[Work, Prepared | DocumentProblem] | None] = asyncio.Queue()
        ahead = asyncio.Semaphore(AHEAD)

        async def prepare_one(work: Work) -> None:
            try:
                await ready.put((work, await self.pool.prepare(work)))
            except DocumentProblem as problem:
                await ready.put((work, problem))

        async def read_ahead() -> None:
            async with asyncio.TaskGroup() as group:
                async for work in works:
                    await ahead.acquire()
                    group.create_task(prepare_one(work))
            await ready.put(None)

        reading = asyncio.create_task(read_ahead())
        reading.add_done_callback(lambda task: ready.put_nowait(None))
        try:
            more = True
            while more:
                batch, more = await _next_batch(ready)
                await self._finish(batch, tally)
                for _ in batch:
                    ahead.release()
                await report()
            await reading
        finally:
            reading.cancel()

    async def inspect(self, work: Work) -> Inspected:
        """What the document would become; nothing is indexed. Raises DocumentProblem."""
        found = await self.pool.inspect(work.item, work.stated)
        if not self.prototypes.kinds:
            return found
        prepared = await self.pool.prepare(work)
        vectors = await asyncio.to_thread(self.embedder.embed, _texts(prepared))
        again = self._alike(work, prepared, vectors)
        return found if again is None else await self.pool.inspect(again.item, again.stated)

    async def _finish(
        self, batch: list[tuple[Work, Prepared | DocumentProblem]], tally: Tally
    ) -> None:
        began = perf_counter()
        texts = [
            text
            for _, prepared in batch
            if isinstance(prepared, Prepared)
            for text in _texts(prepared)
        ]
        vectors = iter(await asyncio.to_thread(self.embedder.embed, texts))
        tally.seconds["embed"] += perf_counter() - began
        for work, prepared in batch:
            if isinstance(prepared, DocumentProblem):
                await self._failed(work, prepared, tally)
                continue
            mine = [next(vectors) for _ in _texts(prepared)]
            try:
                prepared, mine = await self._as_strict_as_its_like(work, prepared, mine)
            except DocumentProblem as problem:
                await self._failed(work, problem, tally)
                continue
            await self._write(work, prepared, mine, tally)

    async def _as_strict_as_its_like(
        self, work: Work, prepared: Prepared, vectors: list[Vector]
    ) -> tuple[Prepared, list[Vector]]:
        """A document that is like stricter examples is prepared once more, as these are."""
        again = self._alike(work, prepared, vectors)
        if again is None:
            return prepared, vectors
        stricter = await self.pool.prepare(again)
        return stricter, await asyncio.to_thread(self.embedder.embed, _texts(stricter))

    def _alike(self, work: Work, prepared: Prepared, vectors: list[Vector]) -> Work | None:
        """The work with what makes it stricter than it was prepared: what it is like. None where
        nothing does, or somebody decided what it is, and that holds."""
        levels = [one.rendition.classification for one in prepared.renditions]
        alike = self.prototypes.alike(vectors[: len(prepared.full.chunks)])
        order = self.indexer.levels.index
        if (
            alike is None
            or levels[0] == work.stated.decided
            or order(alike.level) <= min(map(order, levels))
        ):
            return None
        return replace(work, stated=replace(work.stated, alike=alike))

    async def _write(
        self, work: Work, prepared: Prepared, vectors: list[Vector], tally: Tally
    ) -> None:
        began = perf_counter()
        left = iter(vectors)
        full, *redacted = (
            EmbeddedRendition(
                one.rendition, tuple(EmbeddedChunk(piece, next(left)) for piece in one.chunks)
            )
            for one in prepared.renditions
        )
        try:
            indexed = await self.indexer.index(work, full.rendition, full.chunks, redacted)
        except (DataError, OperationalError, ProgrammingError) as error:
            # its message would quote the document
            await self._failed(work, _refused(error), tally)
            return
        tally.outcomes["embedded" if indexed else "superseded"] += 1
        tally.outcomes["chunks"] += len(vectors)
        tally.seconds["write"] += perf_counter() - began
        for stage, seconds in prepared.seconds.items():
            tally.seconds[stage] += seconds

    async def _failed(self, work: Work, problem: DocumentProblem, tally: Tally) -> None:
        await self.indexer.record_problem(work, problem)
        tally.outcomes["quarantined" if isinstance(problem, Quarantine) else "failed"] += 1


def _texts(prepared: Prepared) -> list[str]:
    return [
        embedded_text(one.rendition.title, piece)
        for one in prepared.renditions
        for piece in one.chunks
    ]


def _refused(error: Exception) -> DocumentProblem:
    return DocumentProblem(
        "write",
        f"the database did not take what was read from it ({type(error).__name__})",
        "save it again in its own program; if that does not help, report it to us",
    )


async def _next_batch(
    ready: asyncio.Queue[tuple[Work, Prepared | DocumentProblem] | None],
) -> tuple[list[tuple[Work, Prepared | DocumentProblem]], bool]:
    """What is ready, up to a batch, and whether more can come; waits for the first."""
    batch: list[tuple[Work, Prepared | DocumentProblem]] = []
    chunks = 0
    while chunks < BATCH_CHUNKS:
        if batch and ready.empty():
            break
        entry = await ready.get()
        if entry is None:
            return batch, False
        batch.append(entry)
        chunks += len(_texts(entry[1])) if isinstance(entry[1], Prepared) else 0
    return batch, True
