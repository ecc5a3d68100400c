"""Two reports beside each other: what got better, what got worse, what cannot be told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from evals.gates.report import Report
from evals.gates.thresholds import Bar, Thresholds
from evals.measures.difference import Difference, difference
from evals.measures.measure import Measure


class Change(StrEnum):
    """`WORSE`, `LOST` and `UNMET` are what a comparison fails for."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "no difference shown"
    DIFFERENT = "different"
    UNKNOWN = "cannot be told"
    LOST = "not measured any more"
    UNMET = "not measured before, and misses its bar"

    @property
    def good(self) -> bool:
        return self not in (Change.WORSE, Change.LOST, Change.UNMET)


@dataclass(frozen=True, slots=True)
class Compared:
    """One measure that the older report has, or that misses its bar in the new one; without a bar
    nobody knows which way is better."""

    suite: str
    name: str
    old: Measure | None
    new: Measure | None
    difference: Difference | None
    bar: str
    change: Change


@dataclass(frozen=True, slots=True)
class Comparison:
    """`remarks` are sentences about what makes the two reports less alike, `broken` the suites that
    the new one has not to their end, and why."""

    lines: Sequence[Compared]
    remarks: Sequence[str]
    broken: Sequence[str]

    @property
    def passed(self) -> bool:
        return not self.broken and all(line.change.good for line in self.lines)


def compare(old: Report, new: Report, thresholds: Thresholds) -> Comparison:
    """Every measure of the old report whose suite ran in both, judged by the direction of its bar:
    it is worse when the whole interval of the difference lies on the wrong side. What the old one
    has not is held to its bar."""
    before, after = _measures(old), _measures(new)
    ran = {result.suite for result in new.results}
    known = {result.suite for result in old.results}
    lines = [
        _compared(suite, name, measure, after.get((suite, name)), thresholds.bar(suite, name))
        for (suite, name), measure in before.items()
        if suite in ran
    ]
    lines += [
        Compared(line.suite, line.name, None, line.measure, None, line.bar, Change.UNMET)
        for line in new.lines(thresholds)
        if line.suite in ran and not line.verdict.good and (line.suite, line.name) not in before
        # what neither has, although the suite ran, is no change
        if line.measure or line.suite not in known
    ]
    return Comparison(lines, list(_remarks(old, new)), _broken(new))


def _compared(
    suite: str, name: str, old: Measure, new: Measure | None, bar: Bar | None
) -> Compared:
    said = str(bar or "")
    if new is None:
        return Compared(suite, name, old, None, None, said, Change.LOST if bar else Change.UNKNOWN)
    apart = difference(old, new)
    return Compared(suite, name, old, new, apart, said, _change(old, new, apart, bar))


def _change(old: Measure, new: Measure, apart: Difference, bar: Bar | None) -> Change:
    if bar and old.known and not new.known:
        return Change.LOST
    if bar and bar.clock:
        # at another hour it is another measurement
        newly = bar.beyond(new) and not bar.beyond(old)
        return Change.WORSE if newly else Change.UNKNOWN
    if old.unit != new.unit or not apart.known:
        return Change.UNKNOWN
    if bar and bar.never:
        # no single case is allowed, so none more is either, however few they are
        return _way(new.value - old.value, new.value - old.value, -1)
    if bar is None or (bar.at_most is not None and bar.at_least is not None):
        return Change.SAME if apart.low <= 0 <= apart.high else Change.DIFFERENT
    return _way(apart.low, apart.high, -1 if bar.at_most is not None else 1)


def _way(low: float, high: float, good: int) -> Change:
    if low <= 0 <= high:
        return Change.SAME
    return Change.BETTER if (low > 0) == (good > 0) else Change.WORSE


def _measures(report: Report) -> dict[tuple[str, str], Measure]:
    return {(r.suite, m.name): m for r in report.results for m in r.measures}


def _broken(report: Report) -> list[str]:
    return [f"{result.suite} ({result.error})" for result in report.results if result.error]


def _remarks(old: Report, new: Report) -> Iterator[str]:
    if old.effort is not new.effort:
        yield f"The old report is of effort {old.effort}, the new one of effort {new.effort}."
    if old.thresholds != new.thresholds:
        yield "They were made under different bars; directions are those of the bars of today."
    suites = [[result.suite for result in report.results] for report in (old, new)]
    for here, there, words in ((0, 1, "old"), (1, 0, "new")):
        alone = [suite for suite in suites[here] if suite not in suites[there]]
        if alone:
            yield f"Only in the {words} report: {', '.join(alone)}."
    for words, report in (("old", old), ("new", new)):
        if broken := _broken(report):
            yield f"Not run to the end in the {words} report: {', '.join(broken)}."
    before, after = _measures(old), _measures(new)
    fresh = [f"{s}: {n}" for s, n in after if (s, n) not in before and s in suites[0]]
    if fresh:
        yield f"Measured in the new report only: {', '.join(fresh)}."
