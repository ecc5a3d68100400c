"""Better and worse, by the direction of the bar."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from app.errors import InvalidInput
from app.settings import PROJECT
from evals.command import comparison
from evals.gates.compare import Change, Comparison, compare
from evals.gates.report import Report, Result
from evals.gates.thresholds import Thresholds
from evals.ground.ground import Effort
from evals.measures.intervals import share
from evals.measures.measure import Measure
from tests.evals.sample import report, thresholds

BARS = """
s:
  loss: {at_most: .9}
  answered: {at_least: .1}
  leaks: {never: true, need: {change: 1, release: 1}}
  between: {at_least: .1, at_most: .9}
  time: {at_most: .5, clock: true}
"""


def of(*measures: Measure, suite: str = "s", error: str = "") -> Report:
    return replace(report(), results=(Result(suite, "", 1, measures, error=error),))


def compared(tmp_path: Path, old: Report, new: Report) -> Comparison:
    return compare(old, new, thresholds(tmp_path, BARS))


@pytest.mark.parametrize(
    ("name", "old", "new", "change"),
    [
        ("loss", 100, 200, Change.WORSE),
        ("loss", 200, 100, Change.BETTER),
        ("loss", 100, 105, Change.SAME),
        ("answered", 100, 200, Change.BETTER),
        ("answered", 200, 100, Change.WORSE),
        ("answered", 200, 195, Change.SAME),
        ("leaks", 0, 1, Change.WORSE),
        ("leaks", 1, 0, Change.BETTER),
        ("leaks", 0, 0, Change.SAME),
        ("between", 100, 300, Change.DIFFERENT),
        ("time", 100, 200, Change.UNKNOWN),
        ("time", 100, 300, Change.WORSE),
        ("time", 300, 400, Change.UNKNOWN),
        ("free", 100, 300, Change.DIFFERENT),
        ("free", 100, 101, Change.SAME),
    ],
)
def test_direction(tmp_path: Path, name: str, old: int, new: int, change: Change) -> None:
    found = compared(tmp_path, of(share(name, old, 500)), of(share(name, new, 500)))
    assert [line.change for line in found.lines] == [change]
    assert found.passed is (change is not Change.WORSE)


def test_a_measure_with_a_bar_that_is_gone_fails(tmp_path: Path) -> None:
    old = of(share("loss", 1, 10), share("free", 1, 10))
    lines = compared(tmp_path, old, of()).lines
    assert [line.change for line in lines] == [Change.LOST, Change.UNKNOWN]
    unknown = of(Measure("loss", math.nan, math.nan, math.nan, 0))
    assert not compared(tmp_path, of(share("loss", 1, 10)), unknown).passed


def test_what_is_new_is_held_to_its_bar(tmp_path: Path) -> None:
    for bad, good in ((0, True), (499, False)):
        found = compared(tmp_path, of(), of(share("loss", bad, 500)))
        assert found.passed is good
    unknown = replace(of(), results=())
    missing = compared(tmp_path, unknown, of(share("loss", 0, 500)))
    assert {line.name for line in missing.lines} == {"answered", "leaks", "between", "time"}
    assert not missing.passed


def test_a_suite_that_broke_fails(tmp_path: Path) -> None:
    old, new = of(share("free", 1, 500)), of(share("free", 1, 500), error="it broke")
    assert compare(old, old, thresholds(tmp_path, "{}")).passed
    assert not compare(old, new, thresholds(tmp_path, "{}")).passed


def test_a_suite_that_did_not_run_is_told(tmp_path: Path) -> None:
    old, new = of(share("loss", 1, 10)), of(share("loss", 1, 10), suite="t")
    found = compared(tmp_path, old, new)
    assert found.lines == []
    assert "Only in the old report: s." in found.remarks
    assert "Only in the new report: t." in found.remarks


def test_what_makes_them_unlike_is_told(tmp_path: Path) -> None:
    old = of(share("loss", 1, 10))
    new = replace(
        of(share("loss", 1, 10), share("fresh", 1, 10), error="broke"),
        effort=Effort.RELEASE, thresholds="1" * 64,
    )  # fmt: skip
    assert compared(tmp_path, old, old).remarks == []
    said = " ".join(compared(tmp_path, old, new).remarks)
    for words in ("effort change", "effort release", "bars of today", "s (broke)", "s: fresh"):
        assert words in said


def test_units_are_not_mixed(tmp_path: Path) -> None:
    seconds, milliseconds = (Measure("free", 5, 4, 6, 9, unit) for unit in ("s", "ms"))
    [line] = compared(tmp_path, of(seconds), of(milliseconds)).lines
    assert line.change is Change.UNKNOWN


def test_the_command_reads_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "r.json"
    report().write(path)
    # a suite of it did not run to its end
    assert not comparison(path, path)
    printed = capsys.readouterr().out
    assert "no difference shown" in printed
    assert "not run to its end: " in printed.rpartition("Worse: ")[2]
    assert "60 pairs" in printed
    with pytest.raises(InvalidInput):
        comparison(path, tmp_path / "none.json")


def test_what_make_gates_compares_with_is_a_report() -> None:
    recorded = Report.read(PROJECT / "evals" / "recorded.json")
    assert recorded.effort is Effort.CHANGE
    assert compare(recorded, recorded, Thresholds.load()).lines
