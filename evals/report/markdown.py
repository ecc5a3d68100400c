"""A report as a table in Markdown: what was held to a bar, for a page of figures."""

from __future__ import annotations

from collections.abc import Iterator

from app.cli.tables import visible
from evals.report.figures import interval, samples, value
from evals.report.judged import Judged
from evals.report.terminal import HEADER


def rows(judged: Judged) -> Iterator[str]:
    """The lines of the table, its header first; what has no bar is left out."""
    yield _row(*HEADER)
    yield _row(*("---" for _ in HEADER))
    for line in judged.lines:
        if line.bar:
            yield _row(
                line.suite, line.name, value(line.measure), interval(line.measure),
                samples(line.measure), line.bar, line.verdict,
            )  # fmt: skip


def _row(*cells: str) -> str:
    escaped = (visible(cell).replace("|", r"\|") for cell in cells)
    return f"| {' | '.join(escaped)} |"
