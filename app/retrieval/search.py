"""Search what one scope may read: by meaning and by words, fused."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from app.authz.reading import reading
from app.db.chunks import matching, nearest, read_chunks
from app.db.engine import Database
from app.domain.scope import Found, Scope
from app.inference.embed import Embedder
from app.retrieval.codes import propose
from app.retrieval.copies import CodeCopies
from app.retrieval.fuse import fuse
from app.retrieval.passages import to_passage

CANDIDATES = 60
"""How many chunks each kind of search proposes for fusion."""
CODED = 600
"""How many chunks, those with the nearest codes, are ranked exactly by meaning."""


@dataclass(frozen=True)
class Searcher:
    """Hybrid search in one read-only transaction that is bound to the scope."""

    database: Database
    embedder: Embedder
    copies: CodeCopies

    async def search(self, scope: Scope, query: str, k: int) -> Found:
        """The `k` best passages for a query, best first; fewer when less is readable.

        Raises ScopeOutdated when the scope cannot be used any more.
        """
        [vector] = await asyncio.to_thread(self.embedder.embed, [query])
        levels = await self.copies.current()
        cleared = {level: levels[level] for level in scope.classifications}
        coded = await asyncio.to_thread(propose, cleared, scope.slots, vector, CODED)
        async with reading(self.database, scope) as read:
            connection = read.connection
            by_meaning = await nearest(connection, scope, vector, CANDIDATES, coded)
            by_words = await matching(connection, scope, query, CANDIDATES)
            scores = dict(fuse(by_meaning, by_words)[:k])
            rows = await read_chunks(connection, scope, list(scores))
        passages = sorted(
            (to_passage(row, scores[row.id]) for row in rows),
            key=lambda passage: (-passage.score, passage.chunk_id),
        )
        return Found(read.revision, tuple(passages))
