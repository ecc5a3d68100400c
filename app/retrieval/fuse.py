"""Reciprocal rank fusion: one order out of several."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from app.db.candidates import Candidate

K = 60
"""The constant of the method (Cormack, Clarke and Büttcher, SIGIR 2009): how little the very
first ranks weigh over the next."""


def fuse(*lists: Sequence[Candidate]) -> list[Candidate]:
    """The chunks of the lists with the sum of 1 / (K + rank) as their value, best first.

    Equal values are ordered by id, so that the same lists always give the same order.
    """
    fused: dict[UUID, Candidate] = {}
    for candidates in lists:
        for rank, candidate in enumerate(candidates, start=1):
            id_, level = candidate.chunk_id, candidate.classification
            before = fused[id_].value if id_ in fused else 0.0
            fused[id_] = Candidate(id_, before + 1.0 / (K + rank), level)
    return sorted(fused.values(), key=lambda candidate: (-candidate.value, candidate.chunk_id))
