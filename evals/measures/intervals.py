"""95% intervals, and the measures that have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.stats import binomtest

from evals.measures.auc import auc
from evals.measures.measure import Measure

LEVEL = 0.95
RESAMPLES = 2_000


def share(name: str, count: int, n: int, items: Mapping[str, float] | None = None) -> Measure:
    """`count` of `n`, with the exact interval (Clopper and Pearson, Biometrika 1934)."""
    if not 0 <= count <= n or n == 0:
        raise ValueError(f"{name}: {count} of {n}")
    interval = binomtest(count, n).proportion_ci(LEVEL, method="exact")
    return Measure(name, count / n, float(interval.low), float(interval.high), n, "", items or {})


def mean(name: str, values: Mapping[str, float], seed: int, unit: str = "") -> Measure:
    """The mean of the values, with the percentile interval of a bootstrap over them (Efron and
    Tibshirani, 1993, chapter 13)."""
    drawn = resampled(list(values.values()), seed)
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    centre = float(np.mean(list(values.values())))
    return Measure(name, centre, float(low), float(high), len(values), unit, values)


def quantile(name: str, values: Sequence[float], of: float, seed: int, unit: str = "") -> Measure:
    """The `of`-quantile of the values, with the percentile interval of a bootstrap over them."""
    chance = np.random.default_rng(seed)
    drawn = [np.quantile(chance.choice(values, len(values)), of) for _ in range(RESAMPLES // 4)]
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Measure(name, float(np.quantile(values, of)), float(low), float(high), len(values), unit)


def told_apart(name: str, negative: Sequence[float], positive: Sequence[float]) -> Measure:
    """How well a number tells two classes apart, as an AUC; an attacker takes either sign, so
    `value` is at least .5 and `high` is the bound of the worse side."""
    found = auc(negative, positive)
    value, low = max((found.value, found.low), (1 - found.value, 1 - found.high))
    n = len(negative) + len(positive)
    return Measure(name, value, max(low, 0.5), found.distance, n)


def resampled(values: Sequence[float], seed: int) -> np.ndarray:
    """Means of samples with replacement, shape (RESAMPLES,)."""
    if not values:
        raise ValueError("there is nothing to resample")
    chance = np.random.default_rng(seed)
    array = np.asarray(values, dtype=float)
    picks = chance.integers(0, len(array), (RESAMPLES, len(array)))
    return np.asarray(array[picks].mean(axis=1))
