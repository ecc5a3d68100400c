"""One figure of a suite."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Measure:
    """`value` with its 95% interval, from `n` independent samples.

    `name` stays the same from run to run. `unit` is empty for a share or a score between 0 and 1.
    `items` holds the value of each sample by what it is of (a question, a template), where two
    runs can be compared sample by sample. What cannot be told is no number (NaN) and passes no
    bar. Raises ValueError for an interval that does not hold its value.
    """

    name: str
    value: float
    low: float
    high: float
    n: int
    unit: str = ""
    items: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.low > self.value or self.value > self.high or self.low > self.high:
            raise ValueError(f"{self.name}: {self.value} is not in {self.low} to {self.high}")
        if self.n < 0:
            raise ValueError(f"{self.name}: {self.n} samples")

    @property
    def known(self) -> bool:
        """Whether value and both bounds are finite numbers."""
        return all(math.isfinite(one) for one in (self.value, self.low, self.high))
