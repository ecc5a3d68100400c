"""How long a search takes, and how much of that is authorisation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter

from sqlalchemy import text

from app.authz.reading import reading
from app.authz.recheck import readable_renditions
from app.authz.scope import ScopeResolver
from app.db.engine import Database
from app.domain.principal import Account
from app.domain.scope import Scope
from app.retrieval.search import Searcher

_ROW_SECURITY = text("select readable_bits(level) from unnest(cast(:levels as text[])) level")
TABLES_PER_LEVEL = 4
"""How often one search evaluates the policies of a classification: its chunks by meaning, by
words, and the rows of the best with their renditions."""


@dataclass(frozen=True, slots=True)
class SearchTime:
    """One authorised search in seconds. `scope`, `row_security` and `recheck` are the parts that
    authorisation costs; `row_security` is contained in the search itself."""

    scope: float
    search: float
    row_security: float
    recheck: float

    @property
    def total(self) -> float:
        return self.scope + self.search + self.recheck

    @property
    def authorisation(self) -> float:
        return self.scope + self.row_security + self.recheck


@dataclass(frozen=True, slots=True)
class SearchReport:
    """Seconds at the 50th and 95th percentile; `share` is the median of authorisation / total."""

    searches: int
    p50: float
    p95: float
    scope: float
    row_security: float
    recheck: float
    share: float


async def measure_search(
    resolver: ScopeResolver,
    searcher: Searcher,
    account: Account,
    queries: Sequence[str],
    rounds: int,
) -> SearchReport:
    """Search each query `rounds` times, as the account, after one warm-up; one at a time."""
    await _once(resolver, searcher, account, queries[0])
    times = [
        await _once(resolver, searcher, account, query) for _ in range(rounds) for query in queries
    ]
    totals = [time.total for time in times]
    return SearchReport(
        searches=len(times),
        p50=median(totals),
        p95=quantiles(totals, n=20)[-1] if len(totals) > 1 else totals[0],
        scope=median(time.scope for time in times),
        row_security=median(time.row_security for time in times),
        recheck=median(time.recheck for time in times),
        share=median(time.authorisation / time.total for time in times),
    )


async def _once(
    resolver: ScopeResolver, searcher: Searcher, account: Account, query: str
) -> SearchTime:
    began = perf_counter()
    scope = await resolver.resolve(account, "search")
    resolved = perf_counter()
    asked = await searcher.query(query)
    async with reading(resolver.database, scope) as read:
        found = await searcher.search(read, asked, k=8)
    searched = perf_counter()
    async with resolver.database.snapshot() as connection:
        await readable_renditions(
            connection,
            resolver.policy,
            account,
            "search",
            [passage.rendition for passage in found.passages],
        )
    checked = perf_counter()
    return SearchTime(
        scope=resolved - began,
        search=searched - resolved,
        row_security=await _row_security(resolver.database, scope),
        recheck=checked - searched,
    )


async def _row_security(database: Database, scope: Scope) -> float:
    """Seconds that the policies' functions take in one search: the seal verified, the slots
    derived, once per table that the statements touch."""
    async with reading(database, scope) as read:
        began = perf_counter()
        await read.connection.execute(_ROW_SECURITY, {"levels": list(scope.classifications)})
        once = perf_counter() - began
    return once * TABLES_PER_LEVEL
