"""From what somebody asks to the passages they may read, in one transaction under their scope."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from app.authz.reading import Reading
from app.authz.scope import ScopeResolver
from app.domain.principal import Account
from app.domain.scope import By, Found, Scope
from app.inference.rerank import Reranker
from app.retrieval.search import Searcher

RERANKED = 30
"""How many of the best a reranker looks at, or as many as are asked for."""


async def find(
    resolver: ScopeResolver,
    searcher: Searcher,
    account: Account,
    purpose: str,
    query: str,
    k: int,
    *,
    at_least_revision: int | None = None,
    by: By = By.BOTH,
) -> tuple[Scope, Found]:
    """The `k` best passages, and the scope that they were read under. Raises what
    `ScopeResolver.within` does.

    Where there is a reranker, it has the last word on the order of what was found by meaning and by
    words, after the transaction: what it reads is what the subject may read, and nothing else.
    """
    asked = await searcher.query(query)
    reranker = searcher.reranker if by is By.BOTH else None
    most = max(k, RERANKED) if reranker else k

    async def look(read: Reading) -> tuple[Scope, Found]:
        return read.scope, await searcher.search(read, asked, most, by)

    scope, found = await resolver.within(
        account, purpose, look, at_least_revision, searcher.copies.seen
    )
    return scope, await _reranked(reranker, query, found, k) if reranker else found


async def _reranked(reranker: Reranker, query: str, found: Found, k: int) -> Found:
    texts = [f"{passage.title}\n{passage.heading}\n{passage.text}" for passage in found.passages]
    scores = await asyncio.to_thread(reranker.score, query, texts)
    best = [
        replace(passage, score=score) for passage, score in zip(found.passages, scores, strict=True)
    ]
    best.sort(key=lambda passage: (-passage.score, passage.chunk_id))
    return Found(found.revision, tuple(best[:k]))
