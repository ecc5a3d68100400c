"""A report as one HTML file: no script, and nothing fetched from anywhere."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from app.cli.tables import visible
from evals.gates.report import Line
from evals.report.figures import interval, samples, value
from evals.report.judged import Judged
from evals.report.plots import strip


def page(judged: Judged) -> str:
    """All words of suites are escaped, by the template and by `visible`: what a suite saw was made
    to be hostile."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters.update(value=value, interval=interval, samples=samples, visible=visible)

    def plot(line: Line) -> Markup:
        if line.measure is None:
            return Markup()
        drawn = strip(line.measure, judged.thresholds.bar(line.suite, line.name))
        return Markup(drawn)  # noqa: S704 - drawn from numbers alone

    blocking = [line for line in judged.lines if not line.verdict.good]
    return environment.get_template("report.html").render(
        judged=judged, report=judged.report, plot=plot, blocking=blocking
    )


def write(judged: Judged, path: Path) -> None:
    path.write_text(page(judged), encoding="utf-8")
