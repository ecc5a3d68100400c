"""Exact search in memory, the limit of what can be found: one product of a matrix and a vector.

A subject's readable vectors lie together, copied before its queries.
"""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from evals.bench.contender import Answer, Asking, K, Tables
from evals.bench.vectors import Vectors


class NumpyExact:
    """Vectors of one subject at a time."""

    name = "numpy exact"

    def __init__(self, tables: Tables) -> None:
        self._all = tables.vectors
        self._vectors: Vectors = tables.vectors[:0]
        self._numbers: NDArray[np.int64] = np.empty(0, np.int64)

    async def prepare(self, asking: Asking) -> None:
        self._numbers = np.flatnonzero(asking.readable)
        everything = len(self._numbers) == len(self._all)
        self._vectors = self._all if everything else self._all[self._numbers]

    async def search(self, asking: Asking, vector: Vectors) -> Answer:
        began = perf_counter()
        scores = self._vectors @ vector
        if len(scores) > K:
            best = np.argpartition(scores, -K)[-K:]
            best = best[np.argsort(-scores[best])]
        else:
            best = np.argsort(-scores)
        found = tuple(self._numbers[best].tolist())
        return Answer(found, perf_counter() - began)

    async def close(self) -> None:
        """Nothing is open."""


def start(folder: Path, tables: Tables) -> NumpyExact:
    return NumpyExact(tables)
