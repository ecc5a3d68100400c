"""The area and its interval are those of the method."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

from evals.measures.auc import auc


def test_what_is_alike_is_one_half_and_what_is_apart_is_one() -> None:
    assert auc([1, 2, 3], [1, 2, 3]).value == 0.5
    assert auc([1, 2], [3, 4]).value == 1.0
    assert auc([3, 4], [1, 2]).value == 0.0
    assert auc([5, 5], [5, 5]).value == 0.5


def test_ties_count_half() -> None:
    assert auc([1, 2], [2, 3]).value == pytest.approx((1 + 1 + 0.5 + 1) / 4)


def test_the_faster_class_tells_as_much_as_the_slower() -> None:
    up, down = auc([1, 2, 3, 4], [3, 4, 5, 6]), auc([3, 4, 5, 6], [1, 2, 3, 4])
    assert up.distance == pytest.approx(down.distance)


@pytest.mark.parametrize("shift", [0.0, 0.3, 1.0])
def test_nineteen_of_twenty_intervals_hold_the_truth(shift: float) -> None:
    chance = np.random.default_rng(20261124)
    truth = NormalDist().cdf(shift / 2**0.5)
    held = 0
    for _ in range(400):
        told = auc(
            chance.standard_normal(60).tolist(), (chance.standard_normal(60) + shift).tolist()
        )
        held += told.low <= truth <= told.high
    assert 0.92 <= held / 400 <= 0.98
