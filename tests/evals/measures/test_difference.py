"""Differences against published examples."""

from __future__ import annotations

import math

import pytest
from scipy.stats import binomtest

from evals.measures.difference import difference, independent
from evals.measures.intervals import mean, share
from evals.measures.measure import Measure


def wilson(count: int, n: int) -> Measure:
    interval = binomtest(count, n).proportion_ci(0.95, method="wilson")
    return Measure("w", count / n, interval.low, interval.high, n)


@pytest.mark.parametrize(
    ("new", "old", "low", "high"),
    [
        # Newcombe, Statistics in Medicine 1998 (interval estimation for the difference between
        # independent proportions), table II, method 10
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 10), -0.2775, 0.2775),
    ],
)
def test_independent_shares(
    new: tuple[int, int], old: tuple[int, int], low: float, high: float
) -> None:
    found = independent(wilson(*old), wilson(*new))
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)
    assert found.pairs == 0


def scores(values: list[float]) -> dict[str, float]:
    return {f"q{n}": value for n, value in enumerate(values)}


def test_pairs_show_what_independent_samples_hide() -> None:
    """Every question is answered a little worse: lost in what questions differ by."""
    before = [n / 40 for n in range(40)]
    after = [max(value - 0.02 - 0.01 * (n % 2), 0) for n, value in enumerate(before)]
    old, new = mean("m", scores(before), 1), mean("m", scores(after), 1)
    paired, apart = difference(old, new), independent(old, new)
    assert paired.pairs == 40
    assert paired.high < 0
    assert paired.value == pytest.approx(new.value - old.value)
    assert apart.low < 0 < apart.high


def test_pairs_are_those_that_both_have() -> None:
    old = mean("m", scores([0.5, 0.7] * 20), 1)
    new = mean("m", {of: one for of, one in old.items.items() if of != "q3"}, 1)
    assert difference(old, new).pairs == 39


def test_what_is_no_mean_of_its_samples_is_not_paired() -> None:
    old = Measure("f1", 0.8, 0.7, 0.9, 20, "", scores([1.0, 0.0] * 10))
    assert difference(old, old).pairs == 0


def test_few_in_common_are_not_paired() -> None:
    old = mean("m", {f"old {n}": n / 30 for n in range(30)} | scores([0.5] * 12), 1)
    new = mean("m", {f"new {n}": n / 30 for n in range(30)} | scores([0.4] * 12), 1)
    assert difference(old, new).pairs == 0
    assert difference(share("s", 3, 5, scores([1, 1, 1, 0, 0])), share("s", 3, 5)).pairs == 0


def test_what_is_unknown_stays_unknown() -> None:
    unknown = Measure("m", math.nan, math.nan, math.nan, 0)
    assert not difference(unknown, share("m", 1, 10)).known
