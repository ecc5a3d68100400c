"""Bars: what they let pass, and which files are refused."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from app.errors import ConfigurationError
from evals.gates.thresholds import Bar, Thresholds, Verdict
from evals.ground.ground import Effort
from evals.measures.intervals import share
from evals.measures.measure import Measure
from tests.evals.sample import thresholds

NEVER = Bar(None, None, True, {Effort.CHANGE: 10, Effort.RELEASE: 1_000})
CLOCK = Bar(15, None, False, {Effort.RELEASE: 100}, clock=True)
UNKNOWN = Measure("m", math.nan, math.nan, math.nan, 10_000)
HALF_KNOWN = Measure("m", 0.5, math.nan, math.nan, 10_000)


@pytest.mark.parametrize(
    ("bar", "measure", "verdict"),
    [
        (NEVER, share("m", 0, 10), Verdict.PASSED),
        (NEVER, share("m", 1, 10_000), Verdict.FAILED),
        (NEVER, share("m", 0, 9), Verdict.UNDERPOWERED),
        (NEVER, None, Verdict.MISSING),
        (NEVER, UNKNOWN, Verdict.FAILED),
        (Bar(0.1, None, False, {}), share("m", 0, 100), Verdict.PASSED),
        # the point is below the bar, the bound is not
        (Bar(0.1, None, False, {}), share("m", 7, 100), Verdict.FAILED),
        (Bar(None, 0.9, False, {}), share("m", 93, 100), Verdict.FAILED),
        (Bar(None, 0.9, False, {}), share("m", 99, 100), Verdict.PASSED),
        (Bar(None, 0.9, False, {Effort.CHANGE: 101}), share("m", 99, 100), Verdict.UNDERPOWERED),
        # the bound is below its bar, the point is not
        (Bar(0.2, None, False, {}, 0.01), share("m", 7, 100), Verdict.FAILED),
        (Bar(0.2, None, False, {}, 0.07), share("m", 7, 100), Verdict.PASSED),
        (Bar(0.1, None, False, {}, 0.07), share("m", 7, 100), Verdict.FAILED),
        (Bar(math.inf, None, False, {}, 0.07), UNKNOWN, Verdict.FAILED),
        (Bar(0.99, 0.01, False, {}), UNKNOWN, Verdict.FAILED),
        (Bar(0.99, None, False, {}), HALF_KNOWN, Verdict.FAILED),
        (Bar(None, 0.01, False, {}), HALF_KNOWN, Verdict.FAILED),
        (Bar(math.inf, None, False, {}), Measure("m", 0, 0, 0, 0), Verdict.UNDERPOWERED),
    ],
)
def test_verdicts(bar: Bar, measure: Measure | None, verdict: Verdict) -> None:
    assert bar.judge(measure, Effort.CHANGE) is verdict


def test_a_release_needs_more() -> None:
    assert NEVER.judge(share("m", 0, 500), Effort.RELEASE) is Verdict.UNDERPOWERED
    assert NEVER.at(Effort.RELEASE) == "never, n >= 1,000"


@pytest.mark.parametrize(
    ("bar", "measure", "verdict"),
    [
        (CLOCK, Measure("m", 14, 13, 14.5, 500), Verdict.REPORTED),
        (CLOCK, Measure("m", 20, 14, 30, 3), Verdict.REPORTED),
        (CLOCK, Measure("m", 20, 16, 30, 3), Verdict.FAILED),
        (CLOCK, UNKNOWN, Verdict.FAILED),
        (CLOCK, None, Verdict.MISSING),
        (Bar(None, 0.9, False, {}, clock=True), Measure("m", 0.5, 0.4, 0.8, 9), Verdict.FAILED),
        (Bar(None, 0.9, False, {}, clock=True), Measure("m", 0.5, 0.4, 0.95, 9), Verdict.REPORTED),
    ],
)
def test_a_clock_fails_a_change_only_beyond_doubt(
    bar: Bar, measure: Measure | None, verdict: Verdict
) -> None:
    assert bar.judge(measure, Effort.CHANGE) is verdict


def test_a_clock_is_held_to_its_bar_before_a_release() -> None:
    assert CLOCK.judge(Measure("m", 14, 13, 15.5, 500), Effort.RELEASE) is Verdict.FAILED
    assert CLOCK.judge(Measure("m", 14, 13, 14.5, 99), Effort.RELEASE) is Verdict.UNDERPOWERED
    assert CLOCK.judge(Measure("m", 14, 13, 14.5, 500), Effort.RELEASE) is Verdict.PASSED


def test_a_bar_says_both_its_sides() -> None:
    assert str(Bar(0.02, None, False, {}, 0.01)) == "<= 0.02 and value <= 0.01"


@pytest.mark.parametrize(
    ("bars", "told"),
    [
        (
            "leakage: {x: {at_most: .1}}\nleakage: {x: {at_most: .9}}",
            "'leakage' stands there twice",
        ),
        ("leakage:\n  x: {at_most: .1}\n  x: {at_most: .9}", "'x' stands there twice"),
        ("leakage: {x: {at_most: .1, at_most: .9}}", "twice"),
        ("leakage: {x: {at_most: .1, never: true}}", "either a bound or"),
        ("leakage: {x: {need: {change: 1}}}", "either a bound or"),
        ("leakage: {x: {value_at_most: .1}}", "goes with at_most"),
        ("leakage: {x: {at_least: .1, value_at_most: .1}}", "goes with at_most"),
        ("leakage: {x: {at_most: .1, value_at_most: .nan}}", "value_at_most is a number"),
        ("leakage: {x: {never: true}}", "needs a sample size"),
        ("leakage: {x: {never: true, need: {change: 10}}}", "needs a sample size"),
        ("leakage: {x: {never: false, at_most: .1}}", "never can be true"),
        ("leakage: {x: {at_most: much}}", "at_most is a number"),
        ("leakage: {x: {at_most: .nan}}", "at_most is a number"),
        ("leakage: {x: {at_least: .inf}}", "at_least is a number"),
        ("leakage: {x: {at_most: null}}", "at_most is a number"),
        ("leakage: {x: {at_most: true}}", "at_most is a number"),
        ("leakage: {x: {at_most: .1, need: {chnage: 1}}}", "need is a whole number"),
        ("leakage: {x: {at_most: .1, need: {change: 0}}}", "need is a whole number"),
        ("leakage: {x: {at_most: .1, need: {change: 1.5}}}", "need is a whole number"),
        ("leakage: {x: {at_most: .1, need: 5}}", "need is a whole number"),
        ("leakage: {x: {atmost: .1}}", "nothing else"),
        ("leakage: {x: {at_most: .1, clock: false}}", "clock can be true"),
        ("leakage: {x: {never: true, clock: true, need: {release: 9}}}", "has a bound"),
        ("leakage: {x: {at_most: 1, clock: true, need: {change: 9}}}", "no need before a change"),
        ("leakage: {x: .1}", "nothing else"),
        ("leakage: [x]", "leakage: name each entry"),
        ("- leakage", "name each entry"),
        ("leakage: {x: {at_most: .1}", "no YAML"),
        ("!!python/object:os.system {}", "no YAML"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path: Path, bars: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        thresholds(tmp_path, bars)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        Thresholds.load(tmp_path / "none.yaml")


def test_no_bars_are_no_error(tmp_path: Path) -> None:
    assert thresholds(tmp_path, "# none yet\n").bars == {}


def test_the_digest_is_that_of_the_file(tmp_path: Path) -> None:
    one = thresholds(tmp_path, "a: {x: {at_most: .1}}")
    other = thresholds(tmp_path, "a: {x: {at_most: .2}}")
    assert len(one.digest) == 64
    assert one.digest != other.digest


def test_our_own_bars_are_understood() -> None:
    assert Thresholds.load().digest
