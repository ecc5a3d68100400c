"""A report as a table in Markdown."""

from __future__ import annotations

from pathlib import Path

from evals.report.judged import Judged
from evals.report.markdown import rows
from tests.evals.sample import report, thresholds


def test_what_has_a_bar_is_told_as_it_is_judged(tmp_path: Path) -> None:
    told = list(rows(Judged(report(), thresholds(tmp_path))))
    assert {row.count("|") for row in told} == {8}
    assert not any("kappa" in row for row in told)
    [loss] = [row for row in told if row.startswith("| utility | loss |")]
    assert loss.endswith("| failed |")
    [stale] = [row for row in told if row.startswith("| revocation | stale reads |")]
    assert stale.endswith("| missing |")
