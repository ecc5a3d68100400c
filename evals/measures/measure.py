"""One figure of a suite."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Measure:
    """`value` with its 95% interval, from `n` independent samples.

    `name` stays the same from run to run. `unit` is empty for a share or a score between 0 and 1.
    `items` holds the value of each sample by what it is of (a question, a template), where two
    runs can be compared sample by sample.
    """

    name: str
    value: float
    low: float
    high: float
    n: int
    unit: str = ""
    items: Mapping[str, float] = field(default_factory=dict)
