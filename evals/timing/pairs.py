"""The same work at two places, timed in pairs: what the machine does meanwhile hits both alike."""

from __future__ import annotations

import gc
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np

from evals.measures.auc import paired_auc
from evals.measures.measure import Measure

COLLECT = 200
"""Garbage is collected every so many pairs, and never while something is timed."""
WARMING = 20
"""Pairs at the beginning that are not counted: what is asked first is slow."""

Work = Callable[[], Awaitable[object]]


@dataclass
class Pairs:
    """Times of two kinds, one of each at every place of the lists, as parts of what is usual for
    such work."""

    one: list[float] = field(default_factory=list)
    other: list[float] = field(default_factory=list)

    async def time(self, chance: random.Random, works: Sequence[tuple[Work, Work]]) -> None:
        """Add the times of each pair of works. Each of the two goes first in half of the pairs, and
        chance says in which: what is asked again is faster. Works that take different times are
        timed in calls of their own."""
        for pair in works[:WARMING]:
            for work in pair:
                await work()
        first = [n % 2 for n in range(len(works))]
        chance.shuffle(first)
        taken: tuple[list[float], list[float]] = ([], [])
        gc.collect()
        gc.disable()
        try:
            for n, pair in enumerate(works):
                for which in (first[n], 1 - first[n]):
                    began = perf_counter()
                    await pair[which]()
                    taken[which].append(perf_counter() - began)
                if n % COLLECT == COLLECT - 1:
                    gc.collect()
        finally:
            gc.enable()
        usual = float(np.median([*taken[0], *taken[1]]))
        self.one += [seconds / usual for seconds in taken[0]]
        self.other += [seconds / usual for seconds in taken[1]]

    def add(self, more: Pairs) -> None:
        self.one += more.one
        self.other += more.other

    def told_apart(self, name: str) -> Measure:
        """How well a time tells which of the two it is of, as an AUC of at least .5: whoever
        listens takes either sign. `n` counts pairs."""
        found = paired_auc(self.one, self.other)
        value, low = max((found.value, found.low), (1 - found.value, 1 - found.high))
        return Measure(name, value, max(low, 0.5), found.distance, len(self.one))
