"""A report on a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from app.cli.tables import table, visible
from evals.report.figures import interval, samples, value
from evals.report.judged import Judged

HEADER = ("suite", "measure", "value", "95% interval", "n", "bar", "verdict")


def blocks(judged: Judged) -> Iterator[str]:
    """The table, what the suites have to say, and the sum of it."""
    yield table(
        HEADER,
        [
            (
                line.suite, line.name, value(line.measure), interval(line.measure),
                samples(line.measure), line.bar, line.verdict,
            )
            for line in judged.lines
        ],
    )  # fmt: skip
    said = [
        visible(f"{result.suite}: {words}")
        for result in judged.report.results
        for words in (*result.notes, *([f"ERROR, {result.error}"] if result.error else []))
    ]
    if said:
        yield "\n".join(said)
    report = judged.report
    measured = f"measured from {report.oldest:%Y-%m-%d %H:%M} to {report.at:%Y-%m-%d %H:%M %Z}"
    yield f"{judged.summary}\neffort {report.effort}, seed {report.seed}, {measured}"
