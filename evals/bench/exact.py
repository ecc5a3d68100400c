"""The true nearest chunks that may be read, by comparing with every one of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evals.bench.vectors import Vectors

BLOCK = 32_768


def nearest(
    vectors: Vectors, chunks: NDArray[np.int64] | None, queries: Vectors, k: int
) -> list[tuple[int, ...]]:
    """For each query the `k` nearest of these chunks (None: of all), by number and nearest first;
    fewer where there are fewer. Equally near ones come in the order of their numbers."""
    count = len(vectors) if chunks is None else len(chunks)
    scores = np.empty((len(queries), 0), np.float32)
    numbers = np.empty((len(queries), 0), np.int64)
    for start in range(0, count, BLOCK):
        part = np.arange(start, min(start + BLOCK, count))
        if chunks is not None:
            part = chunks[part]
        block = queries @ (vectors[part[0] : part[-1] + 1] if chunks is None else vectors[part]).T
        scores = np.concatenate([scores, block], axis=1)
        numbers = np.concatenate([numbers, np.broadcast_to(part, block.shape)], axis=1)
        if scores.shape[1] > k:
            best = np.argpartition(-scores, k - 1, axis=1)[:, :k]
            scores = np.take_along_axis(scores, best, axis=1)
            numbers = np.take_along_axis(numbers, best, axis=1)
    order = np.lexsort((numbers, -scores), axis=1)
    return [tuple(row.tolist()) for row in np.take_along_axis(numbers, order, axis=1)]


def recall(found: Sequence[int], true: Sequence[int]) -> float:
    """The part of the true nearest that was found; 1 where there is nothing to find."""
    return len(set(found) & set(true)) / len(true) if true else 1.0
