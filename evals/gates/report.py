"""What one run of suites found, and whether it is enough. As JSON, what a release is held to."""

from __future__ import annotations

import json
import math
import os
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
    """One suite. `error` says why it did not run to its end, and is empty otherwise. `at` is when
    it began; None where an older version of the product measured it."""

    suite: str
    about: str
    seconds: float
    measures: Sequence[Measure] = ()
    cases: Sequence[Case] = ()
    notes: Sequence[str] = ()
    error: str = ""
    at: datetime | None = None


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
    """`thresholds` is the digest of the bars, `release` names what was measured; `program` and
    `data` are digests of what measured it, and of the labelled sets that it was measured with."""

    at: datetime
    release: str
    effort: Effort
    seed: int
    thresholds: str
    results: Sequence[Result]
    program: str = ""
    data: str = ""

    @property
    def oldest(self) -> datetime:
        """When the first of it was measured: a run that was taken up again is as old as that."""
        return min([self.at, *(result.at for result in self.results if result.at)])

    def lines(self, thresholds: Thresholds) -> list[Line]:
        """Every measure, and every bar without one, in the order of the suites."""
        return [
            line
            for suite in dict.fromkeys([*(r.suite for r in self.results), *thresholds.bars])
            for line in self._of(suite, thresholds)
        ]

    def passed(self, thresholds: Thresholds) -> bool:
        """Whether every required suite ran to its end and every bar was met. Without any bar
        nothing was shown, so nothing passed."""
        lines = self.lines(thresholds)
        return (
            any(line.bar for line in lines)
            and all(line.verdict.good for line in lines)
            and not any(result.error for result in self.results)
        )

    def _of(self, suite: str, thresholds: Thresholds) -> list[Line]:
        found = [m for r in self.results if r.suite == suite for m in r.measures]
        names = dict.fromkeys([*thresholds.bars.get(suite, {}), *(m.name for m in found)])
        lines = []
        for name in names:
            bar = thresholds.bar(suite, name)
            # all of one name: none may hide behind another
            named: Sequence[Measure | None] = [m for m in found if m.name == name]
            for measure in named or [None]:
                verdict = bar.judge(measure, self.effort) if bar else Verdict.REPORTED
                said = bar.at(self.effort) if bar else ""
                lines.append(Line(suite, name, measure, said, verdict))
        if suite in thresholds.bars and not lines:
            lines.append(Line(suite, "", None, "", Verdict.MISSING))
        return lines

    def write(self, path: Path) -> None:
        """As JSON, with null for what is no number; a file that was there before stays whole until
        this one is."""
        said = json.dumps(_plain(asdict(self)), indent=1) + "\n"
        making = path.with_name(f".{path.name}.{os.getpid()}")
        with making.open("w", encoding="utf-8") as file:
            file.write(said)
            file.flush()
            os.fsync(file.fileno())
        making.replace(path)

    @classmethod
    def read(cls, path: Path) -> Report:
        """Raises InvalidInput when the file is none of ours."""
        try:
            return cls.of(json.loads(path.read_text(encoding="utf-8")))
        except OSError as error:
            raise InvalidInput(f"{path} cannot be read ({error.strerror})") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InvalidInput(f"{path} is no report of `portcullis evals run`") from error

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Report:
        """From its JSON. Raises ValueError, KeyError, TypeError or AttributeError when it is
        none."""
        results = tuple(
            Result(
                **{
                    **result,
                    "measures": tuple(_measure(m) for m in result["measures"]),
                    "cases": tuple(Case(**case) for case in result["cases"]),
                    "notes": tuple(result["notes"]),
                    "at": datetime.fromisoformat(at) if (at := result.get("at")) else None,
                }
            )
            for result in said["results"]
        )
        return cls(
            **{
                **said,
                "at": datetime.fromisoformat(said["at"]),
                "effort": Effort(said["effort"]),
                "results": results,
            }
        )


def _plain(value: Any) -> Any:
    """JSON has no number for what could not be measured, and no time."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


def _measure(said: Mapping[str, Any]) -> Measure:
    value, low, high = (_number(said[name]) for name in ("value", "low", "high"))
    items = {of: _number(one) for of, one in said["items"].items()}
    if not isinstance(said["n"], int):
        raise TypeError(f"{said['n']!r} samples")
    return Measure(
        **{**said, "name": str(said["name"]), "value": value, "low": low, "high": high,
           "items": items}
    )  # fmt: skip


def _number(said: Any) -> float:
    if isinstance(said, str):
        raise TypeError(f"{said!r} is no number")
    return math.nan if said is None else float(said)
