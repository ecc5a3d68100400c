"""Intervals against published examples, and what must never look surer than it is."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom

from evals.measures.intervals import mean, quantile, share, told_apart
from evals.measures.measure import Measure


def scores(values: list[float]) -> dict[str, float]:
    return {f"sample {n}": value for n, value in enumerate(values)}


@pytest.mark.parametrize(
    ("count", "n", "low", "high"),
    [
        # Newcombe, Statistics in Medicine 1998 (two-sided confidence intervals for the single
        # proportion), table I, method 5
        (81, 263, 0.2527, 0.3676),
        (15, 148, 0.0578, 0.1617),
        (0, 20, 0.0, 0.1684),
        (1, 29, 0.0009, 0.1776),
        (29, 29, 0.8806, 1.0),
    ],
)
def test_a_share_has_the_exact_interval(count: int, n: int, low: float, high: float) -> None:
    found = share("s", count, n)
    assert (found.value, found.n) == (count / n, n)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(("count", "n"), [(0, 0), (3, 2), (-1, 5)])
def test_a_share_of_nothing_is_none(count: int, n: int) -> None:
    with pytest.raises(ValueError):
        share("s", count, n)


def test_a_mean_of_zeros_and_ones_is_a_share() -> None:
    """A bootstrap of twenty ones would say: certainly one."""
    for ones in (0, 3, 20):
        found = mean("m", scores([1.0] * ones + [0.0] * (20 - ones)), 1)
        exact = share("s", ones, 20)
        assert (found.low, found.high) == pytest.approx((exact.low, exact.high))


def test_equal_scores_are_not_certain() -> None:
    found = mean("m", scores([0.9] * 10), 1)
    assert found.low < 0.65
    assert found.high > 0.98
    assert mean("m", scores([1.0]), 1).low == pytest.approx(0.025)


@pytest.mark.parametrize("less", [0.9, 0.5, 0.0])
def test_a_score_of_less_than_one_makes_ones_no_surer(less: float) -> None:
    """A bootstrap would say .997 of ninety-nine ones and one score of .9, and .96 of ones alone."""
    ones = mean("m", scores([1.0] * 100), 1)
    assert mean("m", scores([1.0] * 99 + [less]), 1).low < ones.low
    assert mean("m", scores([0.0] * 99 + [1 - less]), 1).high > 1 - ones.low


def test_so_many_ones_bound_a_mean_by_99_parts_of_100() -> None:
    """Nobody with a mean below p says 1 each of n times with a chance above p to the n (Markov)."""
    assert mean("m", scores([1.0] * 367), 1).low < 0.99 <= mean("m", scores([1.0] * 368), 1).low


def test_of_one_value_with_a_unit_the_interval_is_unknown() -> None:
    found = mean("m", scores([12.0]), 1, unit="ms")
    assert found.value == 12
    assert math.isnan(found.low)
    assert not found.known


def test_what_is_no_number_spoils_the_mean() -> None:
    assert not mean("m", scores([1.0, math.nan, 0.5]), 1).known


def test_a_mean_covers_what_it_is_of() -> None:
    """Of skewed values, nineteen in twenty intervals hold the true mean, or nearly so many."""
    chance = np.random.default_rng(7)
    held = 0
    for n in range(300):
        found = mean("m", scores(list(chance.exponential(5, 40))), n, unit="ms")
        held += found.low <= 5 <= found.high
    assert held / 300 > 0.9


def test_the_same_seed_gives_the_same_interval() -> None:
    values = scores([0.1, 0.4, 0.35, 0.8, 0.6])
    assert mean("m", values, 3) == mean("m", values, 3)
    assert mean("m", values, 3).low != mean("m", values, 4).low


def test_many_values_take_no_quadratic_time() -> None:
    found = mean("m", scores(list(np.linspace(0, 1, 50_000))), 1)
    assert found.high - found.low == pytest.approx(2 * 1.96 * 0.2887 / 50_000**0.5, rel=0.1)


def test_a_quantile_has_the_interval_between_order_statistics() -> None:
    """The chance that the median of 100 is between the 40th and the 61st is at least 95%."""
    found = quantile("q", [float(n) for n in range(1, 101)], 0.5)
    assert (found.value, found.low, found.high) == (50, 40, 61)
    assert binom.cdf(60, 100, 0.5) - binom.cdf(39, 100, 0.5) > 0.95


@pytest.mark.parametrize(("of", "enough"), [(0.95, 72), (0.99, 368)])
def test_too_few_values_do_not_bound_a_high_quantile(of: float, enough: int) -> None:
    assert of**enough <= 0.025 < of ** (enough - 1)
    assert math.isnan(quantile("q", [float(n) for n in range(enough - 1)], of).high)
    assert quantile("q", [float(n) for n in range(enough)], of).high == enough - 1


def test_an_attacker_takes_either_sign() -> None:
    high, low = [3.0, 4.0, 5.0, 6.0, 2.5], [1.0, 2.0, 3.5, 0.5, 4.5]
    up, down = told_apart("t", low, high), told_apart("t", high, low)
    assert (up.value, up.low, up.high) == pytest.approx((down.value, down.low, down.high))
    assert up.value == pytest.approx(20 / 25)
    assert up.n == 10


@pytest.mark.parametrize(("value", "low", "high"), [(0.5, 0.6, 0.7), (0.8, 0.6, 0.7)])
def test_an_interval_holds_its_value(value: float, low: float, high: float) -> None:
    with pytest.raises(ValueError):
        Measure("m", value, low, high, 10)
