"""The bars, read from `evals/thresholds.yaml`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from app.errors import ConfigurationError
from evals.ground.ground import Effort
from evals.measures.measure import Measure

FILE = Path(__file__).parent.parent / "thresholds.yaml"


class Verdict(StrEnum):
    """Everything but `PASSED` and `REPORTED` blocks a release."""

    PASSED = "passed"
    FAILED = "failed"
    UNDERPOWERED = "under-powered"
    MISSING = "missing"
    REPORTED = "reported"


@dataclass(frozen=True, slots=True)
class Bar:
    """`at_most` and `at_least` are what the bound of the 95% interval on that side may be;
    `never` asks for no single case instead. `need` is the least sample size, by effort."""

    at_most: float | None
    at_least: float | None
    never: bool
    need: Mapping[str, int]

    def judge(self, measure: Measure | None, effort: Effort) -> Verdict:
        if measure is None:
            return Verdict.MISSING
        if self.never and measure.value > 0:
            return Verdict.FAILED
        # a bound that is no number passes nothing
        if self.at_most is not None and not measure.high <= self.at_most:
            return Verdict.FAILED
        if self.at_least is not None and not measure.low >= self.at_least:
            return Verdict.FAILED
        if measure.n < self.need.get(effort, 1):
            return Verdict.UNDERPOWERED
        return Verdict.PASSED

    def __str__(self) -> str:
        if self.never:
            return "never"
        bounds = (("<=", self.at_most), (">=", self.at_least))
        return " and ".join(f"{sign} {bound:g}" for sign, bound in bounds if bound is not None)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Bars by suite and measure; `digest` is the SHA-256 of the file, in hex."""

    bars: Mapping[str, Mapping[str, Bar]]
    digest: str

    @classmethod
    def load(cls, path: Path = FILE) -> Thresholds:
        """Raises ConfigurationError naming the entry that is wrong."""
        content = path.read_bytes()
        said = yaml.safe_load(content) or {}
        bars = {
            suite: {name: _bar(f"{suite}: {name}", of) for name, of in (measures or {}).items()}
            for suite, measures in said.items()
        }
        return cls(bars, hashlib.sha256(content).hexdigest())


def _bar(where: str, said: Any) -> Bar:
    if not isinstance(said, dict) or set(said) - {"at_most", "at_least", "never", "need"}:
        raise ConfigurationError(
            f"{FILE.name}, {where}: give at_most, at_least or never, and need, and nothing else"
        )
    bar = Bar(
        said.get("at_most"), said.get("at_least"), bool(said.get("never")), said.get("need") or {}
    )
    if bar.never is (bar.at_most is not None or bar.at_least is not None):
        raise ConfigurationError(f"{FILE.name}, {where}: give either a bound or `never: true`")
    if set(bar.need) - set(Effort):
        raise ConfigurationError(f"{FILE.name}, {where}: need is by {' and '.join(Effort)}")
    return bar
