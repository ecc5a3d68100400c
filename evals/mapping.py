"""Which risks the suites cover, and which they do not, made from the suites themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from evals.gates.thresholds import Thresholds
from evals.suites.risk import UNCOVERED, Risk
from evals.suites.suite import Suite

BEGIN = "<!-- begin: portcullis evals mapping -->"
END = "<!-- end: portcullis evals mapping -->"


def mapping(
    suites: Sequence[Suite], thresholds: Thresholds, faults: Mapping[str, Sequence[str]]
) -> str:
    """In Markdown: a row for each risk with the suites that look at it, or why none does; then for
    each suite what it asks, its bars, and the `faults` of ours that it has to notice, each of which
    takes one control away."""
    covered = sum(any(risk in suite.risks for suite in suites) for risk in Risk)
    return "\n".join(
        [
            f"{covered} of {len(Risk)} risks are looked at by a suite.",
            "",
            "| risk | suites, or why there is none |",
            "| --- | --- |",
            *(f"| {risk} | {_cover(risk, suites)} |" for risk in Risk),
            *(line for suite in suites for line in _section(suite, thresholds, faults)),
        ]
    )


def between_markers(page: str) -> str:
    """The table as a page holds it. Raises ValueError where the markers are missing."""
    return page[page.index(BEGIN) + len(BEGIN) : page.index(END)].strip()


def _cover(risk: Risk, suites: Sequence[Suite]) -> str:
    looking = [suite.name for suite in suites if risk in suite.risks]
    if looking:
        return ", ".join(f"[{name}](#{name})" for name in looking)
    return f"*Not covered.* {UNCOVERED.get(risk, 'No suite looks at it yet.')}"


def _section(
    suite: Suite, thresholds: Thresholds, faults: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    yield from ("", f"### {suite.name}", "", _plain(suite.about), "", "| measure | bar |")
    yield "| --- | --- |"
    held = thresholds.bars.get(suite.name, {})
    yield from (f"| {_plain(name)} | {_plain(str(bar))} |" for name, bar in held.items())
    if not held:
        yield "| all | reported only |"
    if planted := faults.get(suite.name):
        yield from ("", f"Notices: {_plain('; '.join(planted))}.")


def _plain(words: str) -> str:
    return words.replace("<", "&lt;").replace("|", "\\|")


def bars(suite: Suite, thresholds: Thresholds) -> str:
    """In words: each measure with its bar."""
    held = thresholds.bars.get(suite.name, {})
    return ", ".join(f"{name} {bar}" for name, bar in held.items()) or "none, it only reports"
