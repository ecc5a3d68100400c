"""A report as a table for a page of documentation."""

from __future__ import annotations

from collections.abc import Iterator

from evals.report.figures import interval, samples, value
from evals.report.judged import Judged

HEADER = ("suite", "measure", "value", "95% interval", "n", "bar", "verdict")


def markdown(judged: Judged) -> Iterator[str]:
    """Lines: what was measured and when, then a row for each measure that has a bar."""
    report = judged.report
    hours, minutes = divmod(round(sum(result.seconds for result in report.results) / 60), 60)
    yield (
        f"Effort {report.effort}, release {report.release}, seed {report.seed}, measured from"
        f" {report.oldest:%Y-%m-%d %H:%M} to {report.at:%Y-%m-%d %H:%M %Z}, {hours} h {minutes} min"
        f" of suites. {judged.summary}"
    )
    yield ""
    yield _row(HEADER)
    yield _row(["---"] * len(HEADER))
    for line in judged.lines:
        if line.bar:
            yield _row(
                [
                    line.suite, line.name, value(line.measure), interval(line.measure),
                    samples(line.measure), line.bar, line.verdict,
                ]
            )  # fmt: skip


def _row(cells: list[str] | tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
