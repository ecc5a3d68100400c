"""A search under a scope that a test has in hand."""

from __future__ import annotations

from app.authz.reading import reading
from app.db.engine import Database
from app.domain.scope import By, Found, Scope
from app.retrieval.search import Searcher


async def search(
    database: Database,
    searcher: Searcher,
    scope: Scope,
    text: str,
    k: int,
    by: By = By.BOTH,
) -> Found:
    """Raises ScopeOutdated when the scope is refused."""
    query = await searcher.query(text)
    async with reading(database, scope) as read:
        return await searcher.search(read, query, k, by)
