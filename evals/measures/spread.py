"""Intervals of figures that are no plain mean: groups of samples are drawn anew, with replacement.

(Bootstrap of clusters, percentile interval: Davison and Hinkley, 1997, chapter 3.8.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from evals.measures.intervals import LEVEL, RESAMPLES
from evals.measures.measure import Measure

Totals = NDArray[np.float64]


def of_totals(
    name: str,
    groups: Mapping[str, tuple[float, ...]],
    figure: Callable[[Totals], Totals],
    seed: int,
    items: Mapping[str, float] | None = None,
) -> Measure:
    """A figure of the sums over all groups, such as recall of the counts of each template.

    `figure` takes sums of shape (draws, counts of a group) and gives one value a draw; `n` is the
    number of groups, which are what is independent.
    """
    rows = np.array(list(groups.values()), np.float64)
    if not len(rows):
        raise ValueError(f"{name}: there is nothing to resample")
    chance = np.random.default_rng(seed)
    picks = chance.integers(0, len(rows), (RESAMPLES, len(rows)))
    times = np.stack([np.bincount(row, minlength=len(rows)) for row in picks])
    low, high = np.quantile(figure(times @ rows), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    value = float(figure(rows.sum(axis=0, keepdims=True))[0])
    return Measure(name, value, float(low), float(high), len(rows), "", items or {})


def share_of(part: Totals, whole: Totals) -> Totals:
    """`part / whole`, and 1 where there is nothing to find."""
    return np.divide(part, whole, out=np.ones_like(part), where=whole > 0)
