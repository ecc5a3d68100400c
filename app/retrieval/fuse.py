"""Reciprocal rank fusion: one order out of several."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from app.db.chunks import Candidate

K = 60
"""The constant of the method (Cormack, Clarke and Büttcher, SIGIR 2009): how little the very
first ranks weigh over the next."""


def fuse(*lists: Sequence[Candidate]) -> list[tuple[UUID, float]]:
    """Chunk ids with the sum of 1 / (K + rank) over the lists, best first.

    Equal scores are ordered by id, so that the same lists always give the same order.
    """
    scores: dict[UUID, float] = defaultdict(float)
    for candidates in lists:
        for rank, candidate in enumerate(candidates, start=1):
            scores[candidate.chunk_id] += 1.0 / (K + rank)
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))
