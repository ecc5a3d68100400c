"""How a detector agrees with human labels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from evals.measures.measure import Measure
from evals.measures.spread import Totals, of_totals, share_of

Verdicts = Mapping[str, tuple[bool, bool]]
"""By what it is of: what people say, and what the detector says."""


def agreement(
    name: str, verdicts: Verdicts, positive: str, negative: str, seed: int
) -> list[Measure]:
    """Balanced accuracy with, as its items, whether each verdict is right; recall of each class,
    and Cohen's kappa (Educational and Psychological Measurement, 1960)."""
    rows = {
        key: tuple(float((human, said) == cell) for cell in _CELLS)
        for key, (human, said) in verdicts.items()
    }
    right = {key: float(human == said) for key, (human, said) in verdicts.items()}
    return [
        of_totals(f"{name}: balanced accuracy", rows, _balanced, seed, right),
        of_totals(f"{name}: recall of {positive}", rows, _positive, seed),
        of_totals(f"{name}: recall of {negative}", rows, _negative, seed),
        of_totals(f"{name}: kappa", rows, _kappa, seed),
    ]


_CELLS = ((True, True), (True, False), (False, True), (False, False))


def _positive(totals: Totals) -> Totals:
    return share_of(totals[:, 0], totals[:, 0] + totals[:, 1])


def _negative(totals: Totals) -> Totals:
    return share_of(totals[:, 3], totals[:, 2] + totals[:, 3])


def _balanced(totals: Totals) -> Totals:
    return (_positive(totals) + _negative(totals)) / 2


def _kappa(totals: Totals) -> Totals:
    n = totals.sum(axis=1)
    agreed = (totals[:, 0] + totals[:, 3]) / n
    yes = (totals[:, 0] + totals[:, 1]) * (totals[:, 0] + totals[:, 2])
    no = (totals[:, 2] + totals[:, 3]) * (totals[:, 1] + totals[:, 3])
    by_chance = (yes + no) / n**2
    # with one class alone there is no agreement beyond chance
    return np.where(by_chance < 1, share_of(agreed - by_chance, 1 - by_chance), 0.0)
