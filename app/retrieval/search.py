"""Search what one scope may read: by meaning and by words, fused."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from app.authz.reading import Reading, reading
from app.db.arrays import Ids
from app.db.candidates import Candidate, matching, nearest
from app.db.chunks import read_chunks
from app.db.engine import Database
from app.domain.scope import Found, Scope
from app.inference.embed import Embedder
from app.retrieval.codes import LevelCodes
from app.retrieval.copies import CodeCopies
from app.retrieval.fuse import fuse
from app.retrieval.passages import to_passage
from app.retrieval.propose import propose

CANDIDATES = 60
"""How many chunks each kind of search proposes for fusion."""
CODED = 400
"""How many chunks, those that seem nearest by their codes, are ranked exactly by meaning."""


@dataclass(frozen=True)
class Searcher:
    """Searches in one read-only transaction that is bound to the scope.

    Every search raises ScopeOutdated when the scope cannot be used any more.
    """

    database: Database
    embedder: Embedder
    copies: CodeCopies

    async def search(self, scope: Scope, query: str, k: int) -> Found:
        """The `k` best passages for a query, by meaning and by words, best first; fewer when less
        is readable."""
        [vector], levels = await asyncio.gather(
            asyncio.to_thread(self.embedder.embed, [query]), self.copies.current()
        )
        coded = await _proposed(levels, scope, vector)
        async with reading(self.database, scope) as read:
            by_meaning = await nearest(read.connection, scope, vector, CANDIDATES, coded)
            by_words = await matching(read.connection, scope, query, CANDIDATES)
            return await _found(read, scope, fuse(by_meaning, by_words)[:k])

    async def nearest(self, scope: Scope, vector: Sequence[float], k: int) -> Found:
        """The `k` passages nearest to a unit vector, nearest first; the score is the cosine."""
        coded = await _proposed(await self.copies.current(), scope, vector)
        async with reading(self.database, scope) as read:
            near = await nearest(read.connection, scope, vector, k, coded)
            scored = [Candidate(c.chunk_id, 1.0 - c.value, c.classification) for c in near]
            return await _found(read, scope, scored)


async def _proposed(
    levels: dict[str, LevelCodes], scope: Scope, vector: Sequence[float]
) -> dict[str, Ids]:
    cleared = {level: levels[level] for level in scope.classifications}
    return await asyncio.to_thread(propose, cleared, scope.slots, vector, CODED)


async def _found(read: Reading, scope: Scope, best: Sequence[Candidate]) -> Found:
    """The passages of the best, in their order."""
    rows = {row.id: row for row in await read_chunks(read.connection, scope, best)}
    passages = tuple(to_passage(rows[c.chunk_id], c.value) for c in best if c.chunk_id in rows)
    return Found(read.revision, passages)
