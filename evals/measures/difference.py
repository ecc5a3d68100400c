"""How much a measure differs between two runs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from evals.measures.intervals import mean
from evals.measures.measure import Measure

SEED = 20_261_125
"""The same two reports always compare alike."""
FEWEST = 10
"""Samples in common, below which a bootstrap over them says too little."""


@dataclass(frozen=True, slots=True)
class Difference:
    """New minus old, with its 95% interval; `pairs` is the number of samples that both runs had, 0
    where they were compared as independent."""

    value: float
    low: float
    high: float
    pairs: int

    @property
    def known(self) -> bool:
        return math.isfinite(self.low) and math.isfinite(self.high)


def difference(old: Measure, new: Measure) -> Difference:
    """By a paired bootstrap where both runs measured the same samples (Efron and Tibshirani, 1993),
    otherwise from the two intervals.

    Pairs are only taken of measures that are the mean of their samples, and where at least half of
    either run's samples are in the other.
    """
    common = sorted(set(old.items) & set(new.items))
    most = max(len(old.items), len(new.items))
    if len(common) >= max(FEWEST, most / 2) and _is_mean(old) and _is_mean(new):
        apart = {of: new.items[of] - old.items[of] for of in common}
        # with a unit: differences are no scores between 0 and 1
        found = mean(new.name, apart, SEED, unit="difference")
        return Difference(found.value, found.low, found.high, len(common))
    return independent(old, new)


def independent(old: Measure, new: Measure) -> Difference:
    """From the two intervals alone: Newcombe's method 10 (Statistics in Medicine 1998) for shares,
    and the same for any other intervals (Zou and Donner, Statistics in Medicine 2008)."""
    value = new.value - old.value
    below = math.hypot(new.value - new.low, old.high - old.value)
    above = math.hypot(new.high - new.value, old.value - old.low)
    return Difference(value, value - below, value + above, 0)


def _is_mean(measure: Measure) -> bool:
    centre = float(np.mean(list(measure.items.values())))
    return math.isclose(centre, measure.value, rel_tol=1e-6, abs_tol=1e-9)
