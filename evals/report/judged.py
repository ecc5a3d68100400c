"""A report with its verdicts, and the sentence that says what they come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evals.gates.report import Line, Report, Result
from evals.gates.thresholds import Thresholds, Verdict


@dataclass(frozen=True)
class Judged:
    """`thresholds` are the bars that it is held to, `part` says that these are those of a part of
    the suites only."""

    report: Report
    thresholds: Thresholds
    part: bool = False

    @property
    def passed(self) -> bool:
        return self.report.passed(self.thresholds)

    @property
    def lines(self) -> list[Line]:
        return self.report.lines(self.thresholds)

    def of(self, suite: str) -> list[Line]:
        return [line for line in self.lines if line.suite == suite]

    @property
    def suites(self) -> Sequence[tuple[str, Result | None]]:
        """In order, with what ran of each; None for one that has bars and did not run."""
        ran = {result.suite: result for result in self.report.results}
        return [(name, ran.get(name)) for name in dict.fromkeys([*ran, *self.thresholds.bars])]

    @property
    def counts(self) -> dict[Verdict, int]:
        """Lines by verdict, those that there are."""
        verdicts = [line.verdict for line in self.lines]
        return {verdict: verdicts.count(verdict) for verdict in Verdict if verdict in verdicts}

    @property
    def summary(self) -> str:
        """One sentence or two."""
        bad = [line for line in self.lines if not line.verdict.good]
        broken = [result.suite for result in self.report.results if result.error]
        held = sum(1 for line in self.lines if line.bar)
        if self.passed:
            said = f"Passed: all {held} bars are met."
        elif not held and not broken:
            said = "Not passed: there is no bar that anything was held to."
        else:
            said = f"Not passed: {len(bad)} of {held} bars are not met."
            if broken:
                said += f" Not run to the end: {', '.join(broken)}."
        if self.part:
            said += " This is a part of the suites, and no gate report."
        return said
