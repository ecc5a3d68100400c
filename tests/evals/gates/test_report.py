"""What a report passes, and that reading it back loses nothing."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from app.errors import InvalidInput
from evals.gates.report import Report, Result
from evals.gates.thresholds import Thresholds, Verdict
from evals.ground.ground import Effort
from evals.measures.intervals import share
from evals.measures.measure import Measure
from tests.evals.sample import report, thresholds

BARS = """
leakage:
  canaries: {never: true, need: {change: 10, release: 1000}}
utility:
  loss: {at_most: .2}
"""


@pytest.fixture
def bars(tmp_path: Path) -> Thresholds:
    return thresholds(tmp_path, BARS)


@pytest.fixture
def good() -> Report:
    return replace(
        report(),
        results=(
            Result("leakage", "", 1, (share("canaries", 0, 100), share("more", 3, 4))),
            Result("utility", "", 1, (share("loss", 1, 100),)),
            Result("pii", "", 1, (share("found", 1, 100),)),
        ),
    )


def instead(good: Report, suite: str, *measures: Measure, error: str = "") -> Report:
    results = [
        Result(suite, "", 1, measures, error=error) if r.suite == suite else r for r in good.results
    ]
    return replace(good, results=results)


def test_what_meets_every_bar_passes(good: Report, bars: Thresholds) -> None:
    assert good.passed(bars)
    verdicts = {line.name: line.verdict for line in good.lines(bars)}
    assert verdicts == {
        "canaries": Verdict.PASSED, "more": Verdict.REPORTED, "loss": Verdict.PASSED,
        "found": Verdict.REPORTED,
    }  # fmt: skip


def test_a_missing_suite_fails(good: Report, bars: Thresholds) -> None:
    less = replace(good, results=good.results[:1])
    assert not less.passed(bars)
    assert [line.verdict for line in less.lines(bars) if line.suite == "utility"] == ["missing"]


def test_a_missing_measure_fails(good: Report, bars: Thresholds) -> None:
    assert not instead(good, "utility", share("another", 0, 100)).passed(bars)


def test_too_few_samples_fail(good: Report, bars: Thresholds) -> None:
    assert not instead(good, "leakage", share("canaries", 0, 9)).passed(bars)
    assert not replace(good, effort=Effort.RELEASE).passed(bars)


def test_an_error_fails_whatever_was_measured(good: Report, bars: Thresholds) -> None:
    assert not instead(good, "utility", share("loss", 1, 100), error="broke").passed(bars)
    assert not instead(good, "pii", error="a suite without a bar").passed(bars)


def test_what_is_no_number_fails(good: Report, bars: Thresholds) -> None:
    for name, suite in (("loss", "utility"), ("canaries", "leakage")):
        unknown = Measure(name, math.nan, math.nan, math.nan, 5_000)
        assert not instead(good, suite, unknown).passed(bars)


def test_none_hides_behind_another_of_its_name(good: Report, bars: Thresholds) -> None:
    both = share("canaries", 5, 100), share("canaries", 0, 100)
    assert not instead(good, "leakage", *both).passed(bars)
    assert not instead(good, "leakage", *reversed(both)).passed(bars)
    twice = [*good.results, Result("leakage", "", 1, (share("canaries", 5, 100),))]
    assert not replace(good, results=twice).passed(bars)


def test_nothing_is_not_passed(good: Report, tmp_path: Path) -> None:
    assert not good.passed(thresholds(tmp_path, ""))
    assert not replace(good, results=()).passed(thresholds(tmp_path, "leakage: {}"))


def test_a_part_is_held_to_its_own_bars(good: Report, bars: Thresholds) -> None:
    part = replace(good, results=good.results[:1])
    assert part.passed(bars.only(["leakage"]))
    assert not part.passed(bars)


def test_reading_back_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    said = report()
    said.write(path)
    again = Report.read(path)
    # NaN is equal to nothing, itself included
    assert repr(again.results) == repr(said.results)
    assert replace(again, results=()) == replace(said, results=())
    assert "NaN" not in path.read_text()
    again.write(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_text() == path.read_text()


def test_samples_that_are_no_number_come_back(tmp_path: Path) -> None:
    unknown = Measure("m", math.nan, math.nan, math.nan, 1, "", {"q": math.nan})
    replace(report(), results=(Result("s", "", 1, (unknown,)),)).write(tmp_path / "r.json")
    [result] = Report.read(tmp_path / "r.json").results
    assert math.isnan(result.measures[0].items["q"])


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", "null", '"text"', '{"results": [null]}', "\xff\xfe", "{" * 10],
)
def test_what_is_no_report_is_told(tmp_path: Path, content: str) -> None:
    path = tmp_path / "r.json"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(InvalidInput, match=r"r\.json is no report"):
        Report.read(path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        Report.read(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("field", "value"), [("n", "12"), ("n", None), ("value", "0"), ("low", 0.9), ("items", None)]
)
def test_a_measure_of_another_kind_is_refused(tmp_path: Path, field: str, value: object) -> None:
    path = tmp_path / "r.json"
    report().write(path)
    said = json.loads(path.read_text())
    said["results"][0]["measures"][0][field] = value
    path.write_text(json.dumps(said))
    with pytest.raises(InvalidInput):
        Report.read(path)
