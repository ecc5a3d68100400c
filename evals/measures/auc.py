"""How well one number tells two classes apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Z95 = 1.959964


@dataclass(frozen=True, slots=True)
class Auc:
    """The chance that a random positive is above a random negative, .5 for no difference, with
    its 95% interval."""

    value: float
    low: float
    high: float

    @property
    def distance(self) -> float:
        """The upper bound whichever of the two is slower: an attacker uses either."""
        return max(self.high, 1.0 - self.low)


def auc(negative: Sequence[float], positive: Sequence[float]) -> Auc:
    """The area under the ROC curve, ties counted half, with DeLong's interval (DeLong, DeLong and
    Clarke-Pearson, Biometrics 1988). Both take at least two numbers."""
    below, above = np.asarray(negative), np.asarray(positive)
    wins = (above[:, None] > below[None, :]) + 0.5 * (above[:, None] == below[None, :])
    value = float(wins.mean())
    variance = wins.mean(axis=1).var(ddof=1) / len(above) + wins.mean(axis=0).var(ddof=1) / len(
        below
    )
    half = Z95 * float(np.sqrt(variance))
    return Auc(value, max(value - half, 0.0), min(value + half, 1.0))


def paired_auc(negative: Sequence[float], positive: Sequence[float]) -> Auc:
    """As `auc`, where the numbers at one place belong together (one question, asked where the
    answer exists and where it does not): the interval is that of clustered data (Obuchowski,
    Biometrics 1997), and what is equal in every pair is .5 for certain."""
    below, above = np.asarray(negative), np.asarray(positive)
    wins = (above[:, None] > below[None, :]) + 0.5 * (above[:, None] == below[None, :])
    value = float(wins.mean())
    together = wins.mean(axis=1) + wins.mean(axis=0)
    half = Z95 * float(np.sqrt(together.var(ddof=1) / len(together)))
    return Auc(value, max(value - half, 0.0), min(value + half, 1.0))
