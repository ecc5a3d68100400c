"""Whether the time of a search tells that forbidden papers are in the corpus."""

from __future__ import annotations

import gc
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np

from app.domain.principal import Account
from evals.ground.platform import Platform
from evals.measures.auc import paired_auc
from evals.measures.measure import Measure

K = 8
COLLECT = 200
"""Garbage is collected every so many searches, and never in one."""


@dataclass
class Times:
    """Seconds of the same search on the corpus `without` what is forbidden and on the `whole` one,
    as parts of the median that this person waits."""

    without: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)

    def add(self, without: Sequence[float], whole: Sequence[float]) -> None:
        typical = float(np.median([*without, *whole]))
        self.without += [one / typical for one in without]
        self.whole += [one / typical for one in whole]

    def measure(self, name: str) -> Measure:
        """How well a time tells which corpus it came from; `n` counts pairs."""
        found = paired_auc(self.without, self.whole)
        value, low = max((found.value, found.low), (1 - found.value, 1 - found.high))
        return Measure(name, value, max(low, 0.5), found.distance, len(self.whole))


async def timed(
    chance: random.Random, whole: Platform, less: Platform, email: str, queries: Sequence[str],
    pairs: int, times: Times,
) -> None:  # fmt: skip
    """So many searches on each, the same on both one after the other, and which goes first by
    chance. They are timed without HTTP, which would only hide a difference."""
    houses = [(whole, await whole.account(email)), (less, await less.account(email))]
    for query in queries:  # what is asked first is slow
        for house, account in houses:
            await _seconds(house, account, query)
    taken: tuple[list[float], list[float]] = ([], [])
    gc.collect()
    gc.disable()
    try:
        for n in range(pairs):
            query = chance.choice(queries)
            for which in chance.sample((0, 1), 2):
                taken[which].append(await _seconds(*houses[which], query))
            if n % COLLECT == COLLECT - 1:
                gc.collect()
    finally:
        gc.enable()
    times.add(taken[1], taken[0])


async def _seconds(house: Platform, account: Account, query: str) -> float:
    began = perf_counter()
    await house.parts.search.search(account, query, K)
    return perf_counter() - began
