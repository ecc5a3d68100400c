"""Which risks the suites cover, and which they do not, made from the suites themselves."""

from __future__ import annotations

from collections.abc import Sequence

from evals.gates.thresholds import Thresholds
from evals.suites.risk import UNCOVERED, Risk
from evals.suites.suite import Suite

BEGIN = "<!-- begin: portcullis evals mapping -->"
END = "<!-- end: portcullis evals mapping -->"


def mapping(suites: Sequence[Suite], thresholds: Thresholds) -> str:
    """A table in Markdown, a row for each risk: the suites that look at it with their bars, or why
    none does."""
    rows = [f"| {risk} | {_cover(risk, suites, thresholds)} |" for risk in Risk]
    covered = sum(any(risk in suite.risks for suite in suites) for risk in Risk)
    return "\n".join(
        [
            f"{covered} of {len(Risk)} risks are looked at by a suite.",
            "",
            "| risk | suites and their bars, or why there is none |",
            "| --- | --- |",
            *rows,
        ]
    )


def between_markers(page: str) -> str:
    """The table as a page holds it. Raises ValueError where the markers are missing."""
    return page[page.index(BEGIN) + len(BEGIN) : page.index(END)].strip()


def _cover(risk: Risk, suites: Sequence[Suite], thresholds: Thresholds) -> str:
    looking = [suite for suite in suites if risk in suite.risks]
    if looking:
        return "<br>".join(
            f"**{suite.name}**: {_cell(bars(suite, thresholds))}" for suite in looking
        )
    return f"*Not covered.* {UNCOVERED.get(risk, 'No suite looks at it yet.')}"


def _cell(words: str) -> str:
    return words.replace("<", "&lt;").replace("|", "\\|")


def bars(suite: Suite, thresholds: Thresholds) -> str:
    """In words: each measure with its bar."""
    held = thresholds.bars.get(suite.name, {})
    return ", ".join(f"{name} {bar}" for name, bar in held.items()) or "none, it only reports"
