"""Qdrant's embedded engine: HNSW filtered by a payload index over the marks."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

import qdrant_edge as qdrant

from evals.bench.contender import Answer, Asking, K, Tables
from evals.bench.vectors import Vectors

M, EF_CONSTRUCTION, EF = 16, 100, 128
FULL_SCAN_KB = 10_000
"""Below so many kilobytes of matching vectors it compares with all of them: its default."""
BATCH = 2_000


class Qdrant:
    """One shard on disk, its vectors in memory; optimised before the first query."""

    name = "Qdrant"

    def __init__(self, folder: Path, tables: Tables) -> None:
        (folder / "qdrant").mkdir()
        self._shard = qdrant.EdgeShard.create(
            str(folder / "qdrant"),
            qdrant.EdgeConfig(
                vectors=qdrant.EdgeVectorParams(
                    size=tables.vectors.shape[1], distance=qdrant.Distance.Dot, on_disk=False
                ),
                hnsw_config=qdrant.HnswIndexConfig(
                    m=M, ef_construct=EF_CONSTRUCTION, full_scan_threshold=FULL_SCAN_KB
                ),
                optimizers=qdrant.EdgeOptimizersConfig(
                    default_segment_number=1, indexing_threshold=1_000, max_segment_size=100_000_000
                ),
            ),
        )
        for name in tables.marks:
            self._shard.update(
                qdrant.UpdateOperation.create_field_index(
                    name, qdrant.IntegerIndexParams(lookup=True, range=False)
                )
            )
        for start in range(0, len(tables.vectors), BATCH):
            points = [
                qdrant.Point(
                    n,
                    tables.vectors[n].tolist(),
                    {name: mark[n] for name, mark in tables.marks.items()},
                )
                for n in range(start, min(start + BATCH, len(tables.vectors)))
            ]
            self._shard.update(qdrant.UpdateOperation.upsert_points(points))
        self._shard.optimize()
        self._filter: qdrant.Filter | None = None

    async def prepare(self, asking: Asking) -> None:
        self._filter = None
        if not asking.readable.all():
            match = qdrant.MatchAny(list(asking.marks))
            self._filter = qdrant.Filter(must=[qdrant.FieldCondition(asking.workload, match=match)])

    async def search(self, asking: Asking, vector: Vectors) -> Answer:
        began = perf_counter()
        found = self._shard.query(
            qdrant.QueryRequest(
                limit=K,
                query=qdrant.Query.Nearest(vector.tolist()),
                filter=self._filter,
                params=qdrant.SearchParams(hnsw_ef=EF),
            )
        )
        return Answer(tuple(point.id for point in found), perf_counter() - began)

    async def close(self) -> None:
        self._shard.close()


def start(folder: Path, tables: Tables) -> Qdrant:
    return Qdrant(folder, tables)
