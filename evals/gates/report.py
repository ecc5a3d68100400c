"""What one run of suites found, and whether it is enough. As JSON, what a release is held to."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from app.errors import InvalidInput
from evals.gates.thresholds import Thresholds, Verdict
from evals.ground.ground import Effort
from evals.measures.measure import Measure
from evals.suites.suite import Case


@dataclass(frozen=True, slots=True)
class Result:
    """One suite. `error` says why it did not run to its end, and is empty otherwise."""

    suite: str
    about: str
    seconds: float
    measures: Sequence[Measure] = ()
    cases: Sequence[Case] = ()
    notes: Sequence[str] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One judged measure; `measure` is None where a bar had nothing to judge."""

    suite: str
    name: str
    measure: Measure | None
    bar: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Report:
    """`thresholds` is the digest of the bars, `release` names what was measured."""

    at: datetime
    release: str
    effort: Effort
    seed: int
    thresholds: str
    results: Sequence[Result]

    def lines(self, thresholds: Thresholds) -> list[Line]:
        """Every measure, and every bar without one, in the order of the suites."""
        return [
            line
            for suite in dict.fromkeys([*(r.suite for r in self.results), *thresholds.bars])
            for line in self._of(suite, thresholds.bars.get(suite, {}), thresholds)
        ]

    def passed(self, thresholds: Thresholds) -> bool:
        """Whether every required suite ran to its end and every bar was met."""
        good = (Verdict.PASSED, Verdict.REPORTED)
        return not any(result.error for result in self.results) and all(
            line.verdict in good for line in self.lines(thresholds)
        )

    def _of(self, suite: str, bars: Mapping[str, Any], thresholds: Thresholds) -> list[Line]:
        found = {m.name: m for r in self.results if r.suite == suite for m in r.measures}
        lines = [
            Line(suite, name, found.get(name), str(bar), bar.judge(found.get(name), self.effort))
            for name, bar in bars.items()
        ]
        lines += [
            Line(suite, name, measure, "", Verdict.REPORTED)
            for name, measure in found.items()
            if name not in bars
        ]
        if suite in thresholds.bars and not lines:
            lines.append(Line(suite, "", None, "", Verdict.MISSING))
        return lines

    def write(self, path: Path) -> None:
        said = _finite({**asdict(self), "at": self.at.isoformat()})
        path.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Report:
        """Raises InvalidInput when the file is none of ours."""
        try:
            return cls.of(json.loads(path.read_text(encoding="utf-8")))
        except OSError as error:
            raise InvalidInput(f"{path} cannot be read ({error.strerror})") from error
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidInput(f"{path} is no report of `portcullis evals run`") from error

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Report:
        """From its JSON. Raises ValueError, KeyError or TypeError when it is none."""
        results = [
            Result(
                **{
                    **result,
                    "measures": [Measure(**_numbers(m)) for m in result["measures"]],
                    "cases": [Case(**case) for case in result["cases"]],
                }
            )
            for result in said["results"]
        ]
        return cls(
            **{
                **said,
                "at": datetime.fromisoformat(said["at"]),
                "effort": Effort(said["effort"]),
                "results": results,
            }
        )


def _finite(value: Any) -> Any:
    """JSON has no number for what could not be measured."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return value


def _numbers(said: Mapping[str, Any]) -> dict[str, Any]:
    may_be_none = ("value", "low", "high")
    return {k: math.nan if k in may_be_none and v is None else v for k, v in said.items()}
