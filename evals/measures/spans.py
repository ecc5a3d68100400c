"""How well found spans of a text match labelled ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Span = tuple[int, int]
"""The first character and the one past the last."""
OVERLAP = 0.9
"""What two spans must share, as intersection over union."""


@dataclass(frozen=True, slots=True)
class Counted:
    """`matched` pairs of a labelled and a found span."""

    matched: int = 0
    found: int = 0
    labelled: int = 0

    def __add__(self, other: Counted) -> Counted:
        return Counted(
            self.matched + other.matched,
            self.found + other.found,
            self.labelled + other.labelled,
        )

    @property
    def precision(self) -> float:
        """Of what was found, 1 where nothing was."""
        return self.matched / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Of what is labelled, 1 where nothing is."""
        return self.matched / self.labelled if self.labelled else 1.0

    def f(self, beta: float) -> float:
        """The weighted harmonic mean of both; recall counts `beta` times as much."""
        weight = beta**2
        below = weight * self.labelled + self.found
        return (1 + weight) * self.matched / below if below else 1.0


def count(labelled: Sequence[Span], found: Iterable[Span]) -> Counted:
    """Match each labelled span with the found one that overlaps it most, each once, where they
    share at least `OVERLAP`.

    As `SpanEvaluator` of microsoft/presidio-research counts, by characters and whatever the types
    say, but for its step that leaves out stop words and punctuation at the edges.
    """
    left = list(found)
    total, matched = len(left), 0
    for span in labelled:
        best = max(left, key=lambda other: overlap(span, other), default=None)
        if best is not None and overlap(span, best) >= OVERLAP:
            left.remove(best)
            matched += 1
    return Counted(matched, total, len(labelled))


def overlap(one: Span, other: Span) -> float:
    """Intersection over union, in characters."""
    shared = min(one[1], other[1]) - max(one[0], other[0])
    if shared <= 0:
        return 0.0
    return shared / (max(one[1], other[1]) - min(one[0], other[0]))
