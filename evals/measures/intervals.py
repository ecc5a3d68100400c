"""95% intervals, and the measures that have them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.stats import beta, binomtest, bootstrap, quantile_test

from evals.measures.auc import auc
from evals.measures.measure import Measure

LEVEL = 0.95
RESAMPLES = 2_000
SKEWED_UP_TO = 2_000
"""Values. Among more, a correction for skew is too small to see, and takes their square."""
RARE = 10
"""Values. Fewer than so many are missing from too many resamples."""
AT_ONCE = 4_000_000
"""Numbers of resamples in memory."""


def share(name: str, count: int, n: int, items: Mapping[str, float] | None = None) -> Measure:
    """`count` of `n`, with the exact interval (Clopper and Pearson, Biometrika 1934)."""
    if not 0 <= count <= n or n == 0:
        raise ValueError(f"{name}: {count} of {n}")
    interval = binomtest(count, n).proportion_ci(LEVEL, method="exact")
    return Measure(name, count / n, float(interval.low), float(interval.high), n, "", items or {})


def mean(name: str, values: Mapping[str, float], seed: int, unit: str = "") -> Measure:
    """The mean of the values. Of zeros and ones it has the interval of a share, otherwise that of
    a bootstrap corrected for bias and skew (BCa: Efron and Tibshirani, 1993, chapter 14).

    Scores that are all the same would resample to an interval of no width, so they too have the
    interval of a share; and those that are all 1, or all 0, but for a few: otherwise one score a
    little below 1 among ones would look surer than ones alone. Of a single value with a unit,
    nobody knows the interval.
    """
    if not values:
        raise ValueError(f"{name}: there is nothing to take the mean of")
    array = np.asarray(list(values.values()), dtype=float)
    centre = float(array.mean())
    low, high = _around_mean(array, seed, scores=not unit)
    # the mean of equal numbers is off by a last digit
    return Measure(name, centre, min(low, centre), max(high, centre), len(values), unit, values)


def quantile(name: str, values: Sequence[float], of: float, unit: str = "") -> Measure:
    """The `of`-quantile of the values, with the interval between two of them that holds whatever
    their distribution (Conover, Practical Nonparametric Statistics, 1999, section 3.2).

    Where there are too few to bound it, the bound is no number: from above a p95 needs 72 values,
    a p99 368.
    """
    if not values:
        raise ValueError(f"{name}: there is nothing to take a quantile of")
    interval = quantile_test(values, p=of).confidence_interval(LEVEL)
    value = float(np.quantile(values, of, method="inverted_cdf"))
    return Measure(name, value, float(interval.low), float(interval.high), len(values), unit)


def told_apart(name: str, negative: Sequence[float], positive: Sequence[float]) -> Measure:
    """How well a number tells two classes apart, as an AUC; an attacker takes either sign, so
    `value` is at least .5 and `high` is the bound of the worse side."""
    found = auc(negative, positive)
    value, low = max((found.value, found.low), (1 - found.value, 1 - found.high))
    n = len(negative) + len(positive)
    return Measure(name, value, max(low, 0.5), found.distance, n)


def _around_mean(values: np.ndarray, seed: int, *, scores: bool) -> tuple[float, float]:
    if not np.isfinite(values).all():
        return math.nan, math.nan
    same = bool((values == values[0]).all())
    within = scores and bool(((values >= 0) & (values <= 1)).all())
    if within and (same or _rarely_off(values) or bool(np.isin(values, (0, 1)).all())):
        return _exact(float(values.sum()), len(values))
    if len(values) == 1:
        return math.nan, math.nan
    if same:
        return float(values[0]), float(values[0])
    interval = bootstrap(
        (values,), np.mean, n_resamples=RESAMPLES, confidence_level=LEVEL,
        batch=max(1, AT_ONCE // len(values)), rng=np.random.default_rng(seed),
        method="BCa" if len(values) <= SKEWED_UP_TO else "percentile",
    ).confidence_interval  # fmt: skip
    return float(interval.low), float(interval.high)


def _rarely_off(values: np.ndarray) -> bool:
    """Whether most values are 1, or most 0, and few are not."""
    off = min(int((values != 1).sum()), int((values != 0).sum()))
    return off < RARE and 2 * off < len(values)


def _exact(successes: float, n: int) -> tuple[float, float]:
    """Clopper and Pearson's interval by quantiles of the beta distribution, which also takes parts
    of a success: scores between 0 and 1 vary no more than zeros and ones of the same mean."""
    tail = (1 - LEVEL) / 2
    low = beta.ppf(tail, successes, n - successes + 1) if successes > 0 else 0.0
    high = beta.ppf(1 - tail, successes + 1, n - successes) if successes < n else 1.0
    return float(low), float(high)
