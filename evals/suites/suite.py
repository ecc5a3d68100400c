"""What a suite is: one question about the product, and the measures that answer it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from evals.ground.ground import Ground
from evals.measures.measure import Measure
from evals.suites.risk import Risk

__all__ = ["Case", "Found", "Risk", "Suite"]


@dataclass(frozen=True, slots=True)
class Case:
    """One sample that went wrong: what it was of, and what was seen. The corpora of suites are made
    up or public, so a case may say what leaked."""

    of: str
    seen: str


@dataclass(frozen=True, slots=True)
class Found:
    """What one run of a suite found. `cases` are examples of what went wrong, not all of them."""

    measures: Sequence[Measure]
    cases: Sequence[Case] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Suite:
    """`about` says in one sentence what is measured and from where to where.

    `run` raises Missing of `evals.ground` where something that it needs is not here; a gate takes
    that for a failure. The names of its measures differ.
    """

    name: str
    about: str
    risks: tuple[Risk, ...]
    run: Callable[[Ground], Awaitable[Found]]
