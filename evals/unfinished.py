"""A run that has not come to its end: what it has found so far, in the folder of its report."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from app.errors import InvalidInput
from evals.gates.report import Report

FILE = "unfinished.json"
_TERMS = {
    "effort": "the effort", "seed": "the seed", "release": "the release", "thresholds": "the bars",
    "data": "the labelled sets", "program": "the program, or what it runs on",
}  # fmt: skip
"""What has to be the same for two parts to be of one run."""
_SHOWN = ("effort", "seed", "release")
"""Those that somebody chooses by their value; the others are digests."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """`path` holds a report with the suites that ended; nobody is held to it."""

    path: Path

    @classmethod
    def within(cls, out: Path) -> Unfinished:
        return cls(out / FILE)

    @property
    def there(self) -> bool:
        return self.path.exists()

    def read(self) -> Report:
        """Raises InvalidInput where no run has stopped here."""
        if not self.there:
            raise InvalidInput(f"there is no unfinished run in {self.path.parent} to resume")
        return Report.read(self.path)

    def taken_up(self, begun: Report, suites: Collection[str]) -> Report:
        """`begun` with the results that are there already: all that ran to their ends. Raises
        InvalidInput naming everything that is not as it was."""
        before = self.read()
        others = [result.suite for result in before.results if result.suite not in suites]
        apart = list(_differing(before, begun))
        if others:
            apart.append(f"its suites, which {', '.join(others)} is one of")
        if apart:
            raise InvalidInput(
                f"the unfinished run in {self.path.parent} cannot be resumed; this would change"
                f" {' and '.join(apart)}"
            )
        return replace(begun, results=tuple(r for r in before.results if r.at and not r.error))

    def keep(self, report: Report) -> None:
        report.write(self.path)

    def end(self, report: Report) -> None:
        """The report is written. What broke may be run again, otherwise there is nothing to
        resume."""
        if not any(result.error for result in report.results):
            self.path.unlink(missing_ok=True)


def _differing(before: Report, now: Report) -> Iterator[str]:
    for name, words in _TERMS.items():
        was, is_ = getattr(before, name), getattr(now, name)
        if was != is_:
            yield f"{words} from {was} to {is_}" if name in _SHOWN else words
