"""How much longer the slowest answers take."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evals.measures.intervals import LEVEL, RESAMPLES
from evals.measures.measure import Measure
from evals.suites.latency.asking import Timed

P95 = 0.95


def ratio_of_p95(name: str, pairs: Sequence[tuple[Timed, Timed]], seed: int) -> Measure:
    """The p95 of the platform's whole answers over that of the engine's, less 1; the interval is
    that of a bootstrap over pairs (percentiles: Efron and Tibshirani, 1993, chapter 13)."""
    times = np.array([(whole.last, alone.last) for whole, alone in pairs])
    chance = np.random.default_rng(seed)
    drawn = times[chance.integers(0, len(times), (RESAMPLES, len(times)))]
    whole, alone = np.quantile(drawn, P95, axis=1, method="inverted_cdf").T
    low, high = np.quantile(whole / alone - 1, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    whole, alone = np.quantile(times, P95, axis=0, method="inverted_cdf")
    value = float(whole / alone - 1)
    return Measure(
        name, value, min(float(low), value), max(float(high), value), len(times), "share"
    )
