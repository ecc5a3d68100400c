"""How much replies can tell at most."""

from __future__ import annotations

from evals.measures.intervals import share
from evals.measures.measure import Measure


def at_most(name: str, differing: int, pairs: int) -> Measure:
    """The AUC that no classifier exceeds which sees one reply of a pair, when so many pairs of
    replies differ: two distributions that are equal but with a chance of d are no further apart
    than d in total variation, and then an AUC is at most 1/2 + d - d²/2. The interval is that of
    d (Clopper and Pearson)."""
    found = share(name, differing, pairs)
    return Measure(name, _auc(found.value), _auc(found.low), _auc(found.high), pairs)


def _auc(apart: float) -> float:
    return 0.5 + apart - apart**2 / 2
