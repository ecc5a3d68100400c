"""One reader's answers timed: what is forbidden and what is absent, in one random order."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from uuid import UUID

import numpy as np

from app.authz.reading import reading
from app.db.candidates import matching
from app.domain.principal import Account
from app.errors import NotFound
from app.retrieval.authorised import AuthorisedSearch
from app.retrieval.search import CANDIDATES
from evals.measures.auc import Auc, auc
from evals.timing.corpus import Corpus, Hidden

K = 8
LEGS = ("search", "hybrid", "vector", "words", "open")
"""The whole authorised path, the two kinds of search together and each alone, and a document that
is opened by its id."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the time of `leg` tells `reader` of a thing that `matches` forbidden chunks hold;
    medians in milliseconds."""

    reader: str
    leg: str
    matches: int
    auc: Auc
    absent_ms: float
    forbidden_ms: float
    trials: int


@dataclass(frozen=True, slots=True)
class _Trial:
    leg: str
    hidden: Hidden
    there: bool
    n: int


async def measure(
    search: AuthorisedSearch,
    corpus: Corpus,
    reader: str,
    legs: Sequence[str],
    rounds: int,
    seed: int,
) -> list[Told]:
    """`rounds` answers each for what is forbidden and for what is absent, by leg and number of
    forbidden matches, one at a time. Garbage is collected between answers, not in them."""
    account = corpus.readers[reader]
    trials = [
        _Trial(leg, hidden, there, n)
        for leg in legs
        for hidden in corpus.hidden
        for there in (True, False)
        for n in range(rounds)
    ]
    order = np.random.default_rng(seed).permutation(len(trials))
    times: defaultdict[tuple[str, int, bool], list[float]] = defaultdict(list)
    for trial in trials[:: max(1, len(trials) // 50)]:  # what is asked first is slow
        await _seconds(search, account, trial)
    gc.collect()
    gc.disable()
    try:
        for done, at in enumerate(order):
            trial = trials[at]
            took = await _seconds(search, account, trial)
            times[trial.leg, trial.hidden.matches, trial.there].append(took)
            if done % 200 == 199:
                gc.collect()
    finally:
        gc.enable()
    return [
        _told(reader, leg, hidden.matches, times, rounds)
        for leg in legs
        for hidden in corpus.hidden
    ]


def _told(
    reader: str,
    leg: str,
    matches: int,
    times: dict[tuple[str, int, bool], list[float]],
    rounds: int,
) -> Told:
    absent, there = times[leg, matches, False], times[leg, matches, True]
    return Told(
        reader,
        leg,
        matches,
        auc(absent, there),
        1000 * float(np.median(absent)),
        1000 * float(np.median(there)),
        2 * rounds,
    )


async def _seconds(search: AuthorisedSearch, account: Account, trial: _Trial) -> float:
    words = trial.hidden.there if trial.there else trial.hidden.absent
    if trial.leg == "open":
        known = trial.hidden.documents
        # the same work for an id that there is not
        id_ = UUID(int=known[trial.n % len(known)].int ^ (0 if trial.there else 0xFFFF << 32))
        return await _time(lambda: _open(search, account, id_))
    query = words[trial.n % len(words)]
    if trial.leg == "search":
        return await _time(lambda: search.search(account, query, K))
    scope = await search.resolver.resolve(account, "search")
    searcher = search.searcher
    asked = await searcher.query(query)
    async with reading(search.resolver.database, scope) as read:
        if trial.leg == "hybrid":
            return await _time(lambda: searcher.search(read, asked, K))
        if trial.leg == "words":
            return await _time(lambda: matching(read.connection, scope, query, CANDIDATES))
        return await _time(lambda: searcher.nearest(read, asked, CANDIDATES))


async def _open(search: AuthorisedSearch, account: Account, id_: UUID) -> None:
    try:
        await search.open(account, id_)
    except NotFound:
        return
    raise AssertionError("the document is neither forbidden nor absent")


async def _time(work: Callable[[], Awaitable[object]]) -> float:
    began = perf_counter()
    await work()
    return perf_counter() - began
