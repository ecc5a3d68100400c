"""Exact search over the stored vectors of what somebody may read, past every policy."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from psycopg import sql

from evals.bench.scratch import Scratch

_STORED = sql.SQL(
    "select c.id::text, d.external_id, c.embedding::text from {} c"
    " join document d on d.id = c.document_id"
)


@dataclass(frozen=True, slots=True)
class Stored:
    """Every chunk, whoever may read it: parallel, `vectors` of shape (n, dimensions)."""

    chunks: Sequence[str]
    documents: Sequence[str]
    vectors: NDArray[np.float32]

    def inside(self, readable: Collection[str]) -> NDArray[np.bool_]:
        """Which chunks are of these documents."""
        return np.array([document in readable for document in self.documents], bool)

    def nearest(
        self, query: Sequence[float], inside: NDArray[np.bool_], k: int
    ) -> tuple[set[str], int]:
        """The chunks `inside` that are as near as the k-th nearest, ties included, and how many of
        them a search for `k` must find."""
        if not inside.any():
            return set(), 0
        near = np.where(inside, self.vectors @ np.asarray(query, np.float32), -np.inf)
        wanted = min(k, int(inside.sum()))
        # the database keeps halves: what differs by less than one is as near
        least = np.partition(near, -wanted)[-wanted] - 1e-4
        return {self.chunks[n] for n in np.flatnonzero(near >= least).tolist()}, wanted


def stored(scratch: Scratch, name: str) -> Stored:
    """Read all chunks of a database, past row-level security."""
    rows: list[tuple[str, str, str]] = []
    with scratch.whole(name) as connection:
        for level in scratch.levels:
            rows += connection.execute(_STORED.format(sql.Identifier(f"chunk_{level}"))).fetchall()
    vectors = np.array([json.loads(row[2]) for row in rows], np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Stored([row[0] for row in rows], [row[1] for row in rows], vectors)
