"""The bars, read from `evals/thresholds.yaml` or from the file that an installation sets."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from app.errors import ConfigurationError
from evals.ground.ground import Effort
from evals.measures.measure import Measure

FILE = Path(__file__).parent.parent / "thresholds.yaml"
"""Those that come with the product."""
BOUNDS = ("at_most", "at_least")
KEYS = {*BOUNDS, "value_at_most", "never", "need", "clock"}


class Verdict(StrEnum):
    """Everything but `PASSED` and `REPORTED` blocks a release."""

    PASSED = "passed"
    FAILED = "failed"
    UNDERPOWERED = "under-powered"
    MISSING = "missing"
    REPORTED = "reported"

    @property
    def good(self) -> bool:
        return self in (Verdict.PASSED, Verdict.REPORTED)


@dataclass(frozen=True, slots=True)
class Bar:
    """`at_most` and `at_least` are what the bound of the 95% interval on that side may be;
    `value_at_most` what the point may be besides; `never` asks for no single case instead. `need`
    is the least sample size, by effort. What a `clock` measures depends on the machine and on who
    else is on it: it is held to its bar before a release; before a change it fails only where its
    whole interval is beyond the bar."""

    at_most: float | None
    at_least: float | None
    never: bool
    need: Mapping[str, int]
    value_at_most: float | None = None
    clock: bool = False

    def judge(self, measure: Measure | None, effort: Effort) -> Verdict:
        if measure is None:
            return Verdict.MISSING
        if self.clock and effort is Effort.CHANGE:
            return Verdict.FAILED if self.beyond(measure) else Verdict.REPORTED
        # each is put so that what is no number passes nothing
        if self.never and measure.value != 0:
            return Verdict.FAILED
        if self.at_most is not None and not measure.high <= self.at_most:
            return Verdict.FAILED
        if self.at_least is not None and not measure.low >= self.at_least:
            return Verdict.FAILED
        if self.value_at_most is not None and not measure.value <= self.value_at_most:
            return Verdict.FAILED
        if measure.n < self.need.get(effort, 1):
            return Verdict.UNDERPOWERED
        return Verdict.PASSED

    def beyond(self, measure: Measure) -> bool:
        """Whether the whole interval is on the wrong side, or there is none."""
        within = self.at_most is None or measure.low <= self.at_most
        return not (within and (self.at_least is None or measure.high >= self.at_least))

    def __str__(self) -> str:
        if self.never:
            return "never"
        bounds = (("<=", self.at_most), (">=", self.at_least))
        said = [f"{sign} {bound:g}" for sign, bound in bounds if bound is not None]
        if self.value_at_most is not None:
            said.append(f"value <= {self.value_at_most:g}")
        return " and ".join(said)

    def at(self, effort: Effort) -> str:
        """In words, with the sample size that this effort needs."""
        need = self.need.get(effort)
        return f"{self}, n >= {need:,}" if need else str(self)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Bars by suite and measure; `digest` is the SHA-256 of the file, in hex."""

    bars: Mapping[str, Mapping[str, Bar]]
    digest: str

    @classmethod
    def load(cls, path: Path | None = None) -> Thresholds:
        """Of this file, or of the one that comes with the product. Raises ConfigurationError naming
        the file and the entry that is wrong."""
        path = path or FILE
        try:
            content = path.read_bytes()
            # of two entries with one name the first would be gone without a word
            said = yaml.load(content, _Once) or {}  # noqa: S506 - a safe loader, with one check more
        except OSError as error:
            raise ConfigurationError(f"{path} cannot be read ({error.strerror})") from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{path.name} is no YAML: {_line(error)}") from error
        bars = {
            suite: {
                name: _bar(f"{path.name}, {suite}: {name}", of)
                for name, of in _entries(f"{path.name}, {suite}", measures)
            }
            for suite, measures in _entries(f"{path.name}, all of it", said)
        }
        return cls(bars, hashlib.sha256(content).hexdigest())

    def only(self, suites: Collection[str]) -> Thresholds:
        """The bars of these suites alone: what a part of the suites is held to, and no gate."""
        return Thresholds({name: self.bars[name] for name in self.bars if name in suites}, "")

    def bar(self, suite: str, name: str) -> Bar | None:
        return self.bars.get(suite, {}).get(name)


class _Once(yaml.SafeLoader):  # type: ignore[misc]
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = [key for key in keys if keys.count(key) > 1]
        if twice:
            raise yaml.constructor.ConstructorError(
                None, None, f"{twice[0]!r} stands there twice", node.start_mark
            )
        return dict(super().construct_mapping(node, deep))


def _line(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or type(error).__name__
    return f"{problem}, near line {mark.line + 1}" if mark else str(problem)


def _entries(where: str, said: Any) -> list[tuple[str, Any]]:
    if not isinstance(said, dict) or not all(isinstance(name, str) for name in said):
        raise ConfigurationError(f"{where}: name each entry, then say what is in it")
    return list(said.items())


def _bar(where: str, said: Any) -> Bar:
    if not isinstance(said, dict) or set(said) - KEYS:
        raise ConfigurationError(
            f"{where}: give at_most (with value_at_most, or without), at_least or"
            " never, and need and clock, and nothing else"
        )
    need = said.get("need") or {}
    if not isinstance(need, dict) or set(need) - set(Effort) or not all(map(_count, need.values())):
        raise ConfigurationError(f"{where}: need is a whole number by {' and '.join(Effort)}")
    for side in (*BOUNDS, "value_at_most"):
        if side in said and not _number(said[side]):
            raise ConfigurationError(f"{where}: {side} is a number")
    for word in ("never", "clock"):
        if said.get(word, True) is not True:
            raise ConfigurationError(f"{where}: {word} can be true, or be left out")
    bar = Bar(
        said.get("at_most"), said.get("at_least"), "never" in said, need,
        said.get("value_at_most"), "clock" in said,
    )  # fmt: skip
    if bar.value_at_most is not None and bar.at_most is None:
        # a point without its bound passes by luck
        raise ConfigurationError(f"{where}: value_at_most goes with at_most")
    if bar.never is (bar.at_most is not None or bar.at_least is not None):
        raise ConfigurationError(f"{where}: give either a bound or `never: true`")
    if bar.clock and (bar.never or Effort.CHANGE in need):
        raise ConfigurationError(
            f"{where}: what a clock measures has a bound, and no need before a change"
        )
    if bar.never and set(need) != set(Effort):
        # no single case among few samples says nothing, and there is no bound that would tell
        raise ConfigurationError(f"{where}: `never` needs a sample size for {' and '.join(Effort)}")
    return bar


def _number(said: Any) -> bool:
    return isinstance(said, int | float) and not isinstance(said, bool) and math.isfinite(said)


def _count(said: Any) -> bool:
    return isinstance(said, int) and not isinstance(said, bool) and said > 0
