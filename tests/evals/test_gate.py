"""What is signed of a report: every bar is in it, also those that nothing was measured for."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.errors import InvalidInput
from app.releases.gate import plain
from app.releases.signing import Signer
from evals.gates.gate import gate, gate_of
from evals.gates.report import Report, Result
from evals.gates.thresholds import Thresholds
from evals.ground.ground import Effort
from evals.measures.measure import Measure

BARS = """
leakage:
  leaks: {at_most: 0.01, need: {change: 10, release: 100}}
egress:
  fetched: {never: true, need: {change: 10, release: 100}}
"""
pytestmark = pytest.mark.integration


def _thresholds(folder: Path) -> Thresholds:
    path = folder / "thresholds.yaml"
    path.write_text(BARS)
    return Thresholds.load(path)


def _report(held: Thresholds, *results: Result, effort: Effort = Effort.RELEASE) -> Report:
    return Report(datetime.now(UTC), "r-0123456789ab", effort, 1, held.digest, results)


def test_every_bar_has_its_verdict(tmp_path: Path) -> None:
    held = _thresholds(tmp_path)
    few = Measure("leaks", 0.0, 0.0, 0.001, 50)
    made = gate(_report(held, Result("leakage", "", 1.0, (few,))), held)
    assert {line.suite: line.verdict for line in made.lines} == {
        "leakage": "under-powered", "egress": "missing",
    }  # fmt: skip
    assert made.thresholds == held.digest


def test_a_suite_that_broke_is_named_and_no_number_is_signed_as_null(tmp_path: Path) -> None:
    held = _thresholds(tmp_path)
    lost = Measure("leaks", math.nan, math.nan, math.nan, 0)
    made = gate(_report(held, Result("leakage", "", 1.0, (lost,), error="it broke")), held)
    assert made.errors == ("leakage",)
    assert made.lines[0].value is None and made.lines[0].verdict == "failed"
    signer = Signer.of("1" * 64)
    assert signer.signed(plain(made), signer.sign(plain(made)))


def test_only_a_report_about_the_release_and_of_these_bars_becomes_a_gate(tmp_path: Path) -> None:
    held = _thresholds(tmp_path)
    path = tmp_path / "report.json"
    _report(held).write(path)
    with pytest.raises(InvalidInput, match="other bars"):
        gate_of(path, "r-0123456789ab")
    with pytest.raises(InvalidInput, match="not about r-ffffffffffff"):
        gate_of(path, "r-ffffffffffff")
    path.write_text(json.dumps({"at": 1}))
    with pytest.raises(InvalidInput, match="no report"):
        gate_of(path, "r-0123456789ab")
