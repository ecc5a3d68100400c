"""What a release is held to, made of a report: each line judged, ready to be signed."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

from app.domain.release import Gate, GateLine
from app.errors import InvalidInput
from evals.gates.report import Line, Report
from evals.gates.thresholds import Thresholds


def gate_of(path: Path, release: str, bars: Path | None = None) -> Gate:
    """The gate of the report in a file, judged by the bars of now: those of the file `bars`, or
    those that come with the product.

    Raises InvalidInput when the file is no report, when it is about another release or when its
    bars were others: nothing is signed that was not measured.
    """
    report, held = Report.read(path), Thresholds.load(bars)
    if report.release != release:
        raise InvalidInput(
            f"{path} is about {report.release}, not about {release}; run `portcullis evals run"
            f" --release {release}`"
        )
    if report.thresholds != held.digest:
        raise InvalidInput(
            f"{path} was held to other bars than those in force here; run the suites again, or set"
            " PORTCULLIS_THRESHOLDS to the file that they were held to"
        )
    return gate(report, held)


def gate(report: Report, held: Thresholds) -> Gate:
    """Figures are in words, since what is signed holds no floats. It is as old as the oldest that
    was measured for it."""
    return Gate(
        release=report.release,
        effort=report.effort.value,
        thresholds=held.digest,
        at=report.oldest,
        lines=tuple(_line(line) for line in report.lines(held)),
        errors=tuple(result.suite for result in report.results if result.error),
    )


def digest(bars: Path | None = None) -> str:
    """That of the bars of now."""
    return Thresholds.load(bars).digest


def _line(line: Line) -> GateLine:
    bare = GateLine(line.suite, line.name, None, None, None, 0, line.bar, line.verdict.value)
    if line.measure is None:
        return bare
    one = line.measure
    return replace(
        bare, value=_words(one.value), low=_words(one.low), high=_words(one.high), n=one.n
    )


def _words(figure: float) -> str | None:
    return f"{figure:.6g}" if math.isfinite(figure) else None
