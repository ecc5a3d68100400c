"""Search what one scope may read: by meaning and by words, fused."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from time import monotonic

from app.authz.reading import Reading
from app.db.arrays import Ids
from app.db.candidates import Candidate, ids_of, matching, nearest_and_matching
from app.db.chunks import read_chunks, read_nearest
from app.db.graphs import nearest_of_audiences
from app.domain.scope import By, Found
from app.inference.embed import Embedder
from app.inference.rerank import Reranker
from app.retrieval.audiences import Audiences
from app.retrieval.copies import CodeCopies
from app.retrieval.fuse import fuse
from app.retrieval.passages import to_passage
from app.retrieval.plan import left
from app.retrieval.propose import propose
from app.retrieval.step import end_of_step

CANDIDATES = 60
"""How many chunks each kind of search proposes for fusion; nobody may ask for more."""
SHORT = 50_000
"""Of fewer codes, a scan takes less than the way to another thread and back."""
LITTLE = 10_000
"""Up to so many readable chunks of a classification, and slots, words are looked for among these
alone; it is `most_looked_through()` of the database. Above that, a search takes whole steps."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for: its words, and its meaning as a unit vector."""

    text: str
    vector: Sequence[float]


@dataclass(frozen=True)
class Searcher:
    """Searches in a transaction that is bound to a scope (`app.authz.reading`). Without
    `audiences`, everything is found by its code; `reranker` is for who called (`find`)."""

    embedder: Embedder
    copies: CodeCopies
    audiences: Audiences | None = field(default=None, kw_only=True)
    reranker: Reranker | None = field(default=None, kw_only=True)

    async def query(self, text: str) -> Query:
        """What no scope has a part in."""
        [vector] = await asyncio.to_thread(self.embedder.embed, [text])
        return Query(text, vector)

    async def search(self, read: Reading, query: Query, k: int, by: By = By.BOTH) -> Found:
        """The `k` best passages, best first; fewer when less is readable."""
        if by is By.MEANING:
            return await self.nearest(read, query, k)
        began = monotonic()
        among, reads_much = await self._among(read, query, CANDIDATES)
        if by is By.WORDS:
            best = await matching(read.connection, read.scope, query.text, CANDIDATES)
        else:
            best = fuse(
                *await nearest_and_matching(
                    read.connection, read.scope, query.vector, query.text, CANDIDATES, among
                )
            )
        found = await _found(read, best[:k])
        if reads_much:
            # the look for words met forbidden chunks, and took the longer the more there are
            await end_of_step(began)
        return found

    async def nearest(self, read: Reading, query: Query, k: int) -> Found:
        """The `k` passages nearest by meaning, nearest first; the score is the cosine."""
        among, _ = await self._among(read, query, k)
        rows = await read_nearest(read.connection, read.scope, query.vector, k, among)
        return Found(read.revision, tuple(to_passage(row, 1.0 - row.distance) for row in rows))

    async def _among(self, read: Reading, query: Query, most: int) -> tuple[dict[str, Ids], bool]:
        """By classification, chunks that the nearest by meaning are among; and whether the scope
        reads more than `LITTLE`."""
        every = await self.copies.at(read.changes)
        scope = read.scope
        by_index = await self.audiences.chosen(scope) if self.audiences else ()
        walked = await nearest_of_audiences(read.connection, scope, query.vector, most, by_index)
        codes = {level: every[level] for level in scope.classifications}
        slots = {level: left(scope.readable(level), walked.searched, level) for level in codes}
        work = partial(propose, codes, slots, query.vector, most)
        # the loop does a short scan sooner than a thread takes it over
        rows = sum(of.looked_at(slots[level]) for level, of in codes.items())
        proposed = work() if rows < SHORT else await asyncio.to_thread(work)
        most_readable = max((scope.slots.count, *proposed.readable.values()))
        among = ids_of(walked.found)
        for level, ids in proposed.ids.items():
            among[level] = among[level] + ids if level in among else ids
        return among, bool(walked.searched) or most_readable > LITTLE


async def _found(read: Reading, best: Sequence[Candidate]) -> Found:
    """The passages of the best, in their order."""
    rows = {row.id: row for row in await read_chunks(read.connection, read.scope, best)}
    passages = tuple(to_passage(rows[c.chunk_id], c.value) for c in best if c.chunk_id in rows)
    return Found(read.revision, passages)
