"""Load documents and chunks in bulk, through the login that ingestion uses.

COPY is refused into tables under row-level security, so rows go to a temporary table of the
transaction first, and from there into the product's tables: all constraints, triggers, policies
and indexes work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import sql

from app.db.engine import Database
from app.db.revision import raise_revision
from evals.bench.copying import binary
from evals.bench.options import DIMENSIONS
from evals.bench.organisation import Organisation
from evals.bench.people import Settled
from evals.bench.texts import Texts
from evals.bench.vectors import Corpus

BATCH = 5_000
"""Chunks in a transaction."""
WRITERS = 2
"""Connections that write at once."""
CLASSIFICATIONS = {"public": 0.05, "internal": 0.75, "confidential": 0.20}
"""How many of the documents are of each."""

_STAGING = f"""
create temporary table staging (id uuid, document_id uuid, slot_id integer, ordinal integer,
  embedding halfvec({DIMENSIONS}), title text, text text) on commit drop
"""
_RENDITIONS = sql.SQL("""
insert into {} (id, document_id, slot_id, title, uri, mime_type, source, external_id)
select distinct on (s.document_id) s.document_id, s.document_id, s.slot_id, s.title, '',
       'text/plain', %s, s.document_id::text
  from staging s order by s.document_id
""")
_CHUNKS = sql.SQL("""
insert into {} (id, rendition_id, document_id, slot_id, ordinal, heading, text, embedding, terms)
select id, document_id, document_id, slot_id, ordinal, '', text, embedding,
       setweight(to_tsvector('english', title), 'A') || to_tsvector('english', text)
  from staging
""")
_DOCUMENTS = """
copy document (id, source_id, external_id, container_id, slot_id, state, classification,
               fingerprint, chunks) from stdin
"""


@dataclass(frozen=True)
class Names:
    """The ids of chunks and documents, random, from the seed: shape (n,), dtype V16."""

    chunks: NDArray[np.void]
    documents: NDArray[np.void]
    levels: NDArray[np.intp]

    @classmethod
    def make(cls, corpus: Corpus, organisation: Organisation, seed: int) -> Names:
        chance = np.random.default_rng([seed, 4])
        chunks = chance.bytes(16 * corpus.chunks)
        documents = int(organisation.document[-1]) + 1
        levels = chance.choice(len(CLASSIFICATIONS), documents, p=list(CLASSIFICATIONS.values()))
        return cls(
            np.frombuffer(chunks, "V16"),
            np.frombuffer(chance.bytes(16 * documents), "V16"),
            levels,
        )

    def classifications(self, organisation: Organisation) -> list[str]:
        """Of each chunk, by its document."""
        every = list(CLASSIFICATIONS)
        return [every[level] for level in self.levels[organisation.document].tolist()]


@dataclass(frozen=True, slots=True)
class Loaded:
    """How long it took: `seconds` for documents, renditions and chunks with all their indexes,
    `settling` for the vacuum that a server does by itself in time."""

    chunks: int
    seconds: float
    settling: float

    @property
    def rate(self) -> float:
        """Chunks a second."""
        return self.chunks / self.seconds


@dataclass(frozen=True)
class Loader:
    """Loads one organisation's documents into a database of the product."""

    database: Database
    corpus: Corpus
    organisation: Organisation
    settled: Settled
    names: Names
    texts: Texts
    progress: Callable[[int], None]

    async def load(self) -> float:
        """Everything, container by container as a first sync does; seconds."""
        began = perf_counter()
        await self._documents()
        batches = self._batches()
        written = 0

        async def write() -> None:
            nonlocal written
            for level, chunks in batches:
                await self._write(level, chunks)
                written += len(chunks)
                self.progress(written)

        async with asyncio.TaskGroup() as tasks:
            for _ in range(WRITERS):
                tasks.create_task(write())
        async with self.database.ingest() as connection:
            await raise_revision(connection, "documents of a measurement")
        return perf_counter() - began

    async def _documents(self) -> None:
        organisation, names = self.organisation, self.names
        lengths = np.bincount(organisation.document)
        kinds = list(CLASSIFICATIONS)
        async with self.database.ingest() as connection:
            driver = await _driver(connection)
            async with driver.cursor() as cursor:
                await cursor.execute(
                    "select slot_id, id from container where source_id = %s", [self.settled.source]
                )
                containers = dict(await cursor.fetchall())
                async with cursor.copy(_DOCUMENTS) as copy:
                    for n, slot in enumerate(self.settled.slots[organisation.slot].tolist()):
                        await copy.write_row(
                            (
                                names.documents[n].tobytes().hex(), self.settled.source,
                                f"document-{n}", containers.get(slot), slot, "indexed",
                                kinds[names.levels[n]], "", int(lengths[n]),
                            )
                        )  # fmt: skip

    def _batches(self) -> Iterator[tuple[str, NDArray[np.int64]]]:
        level = self.names.levels[self.organisation.document]
        for n, kind in enumerate(CLASSIFICATIONS):
            chunks = np.flatnonzero(level == n)
            chunks = chunks[np.argsort(self.organisation.slot_of_chunk[chunks], kind="stable")]
            # a document's chunks lie together, and its rendition is written once
            document = self.organisation.document[chunks]
            start = 0
            while start < len(chunks):
                end = min(start + BATCH, len(chunks))
                while end < len(chunks) and document[end] == document[end - 1]:
                    end += 1
                yield kind, chunks[start:end]
                start = end

    async def _write(self, level: str, chunks: NDArray[np.int64]) -> None:
        rows = await asyncio.to_thread(self._rows, chunks)
        async with self.database.ingest() as connection:
            driver = await _driver(connection)
            async with driver.cursor() as cursor:
                await cursor.execute(_STAGING)
                async with cursor.copy("copy staging from stdin (format binary)") as copy:
                    await copy.write(rows)
                await cursor.execute(
                    _RENDITIONS.format(sql.Identifier(f"rendition_{level}")), [self.settled.key]
                )
                await cursor.execute(_CHUNKS.format(sql.Identifier(f"chunk_{level}")))

    def _rows(self, chunks: NDArray[np.int64]) -> bytes:
        document = self.organisation.document[chunks]
        return binary(
            [
                self.names.chunks[chunks],
                self.names.documents[document],
                self.settled.slots[self.organisation.slot[document]],
                chunks - np.searchsorted(self.organisation.document, document),
                self.corpus.vectors[chunks],
            ],
            (
                (self.texts.title(number), self.texts.text(chunk))
                for chunk, number in zip(chunks.tolist(), document.tolist(), strict=True)
            ),
        )


async def _driver(connection: Any) -> Any:
    return (await connection.get_raw_connection()).driver_connection
