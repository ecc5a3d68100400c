"""A report as a table for a page."""

from __future__ import annotations

from pathlib import Path

from evals.report.judged import Judged
from evals.report.markdown import markdown
from tests.evals.sample import report, thresholds


def test_every_bar_has_a_row_with_its_verdict_and_the_sum_stands_above(tmp_path: Path) -> None:
    judged = Judged(report(), thresholds(tmp_path))
    said, blank, header, rule, *rows = markdown(judged)
    assert judged.summary in said
    assert (blank, set(rule)) == ("", set("|- "))
    held = [line for line in judged.lines if line.bar]
    assert len(rows) == len(held) > 4
    columns = header.count("|")
    for line, row in zip(held, rows, strict=True):
        assert row.startswith(f"| {line.suite} | {line.name} |")
        assert row.endswith(f"| {line.verdict} |")
        assert row.count("|") == columns


def test_what_has_no_bar_is_left_out(tmp_path: Path) -> None:
    one = thresholds(tmp_path, "utility:\n  loss: {at_most: .02}\n")
    assert [row.split(" | ")[1] for row in list(markdown(Judged(report(), one)))[4:]] == ["loss"]
