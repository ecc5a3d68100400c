"""Numbers in words."""

from __future__ import annotations

import math

import numpy as np

from evals.measures.measure import Measure

DIGITS = 4
"""That count."""


def figure(number: float) -> str:
    """A number without exponent, to four digits that count; `?` where there is none."""
    if not math.isfinite(number):
        return "?"
    if abs(number) >= 10**DIGITS:
        return f"{number:,.0f}"
    return np.format_float_positional(
        number, precision=DIGITS, unique=False, fractional=False, trim="-"
    )


def value(measure: Measure | None) -> str:
    """With its unit."""
    return f"{figure(measure.value)} {measure.unit}".rstrip() if measure else ""


def interval(measure: Measure | None) -> str:
    return f"{figure(measure.low)} to {figure(measure.high)}" if measure else ""


def samples(measure: Measure | None) -> str:
    return f"{measure.n:,}" if measure else ""
