"""LanceDB: an IVF index with HNSW inside, filtered before the search by an index over the marks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import lancedb
import numpy as np
import pyarrow as pa

from evals.bench.contender import Answer, Asking, K, Tables
from evals.bench.vectors import Vectors

CHUNKS_A_CELL = 4_000
PROBES, EF = 20, 200
BATCH = 20_000


class Lance:
    """One table on disk."""

    name = "LanceDB"

    def __init__(self, folder: Path, tables: Tables) -> None:
        schema = pa.schema(
            [
                ("number", pa.int64()),
                ("vector", pa.list_(pa.float32(), tables.vectors.shape[1])),
                *((name, _kind(marks)) for name, marks in tables.marks.items()),
            ]
        )
        database = lancedb.connect(str(folder / "lance"))
        self._table = database.create_table("chunk", _batches(tables, schema), schema=schema)
        cells = max(1, len(tables.vectors) // CHUNKS_A_CELL)
        self._table.create_index(
            metric="dot", index_type="IVF_HNSW_SQ", num_partitions=cells, m=16, ef_construction=100
        )
        self._several = {name for name, marks in tables.marks.items() if _several(marks)}
        for name in tables.marks:
            kind = "LABEL_LIST" if name in self._several else "BTREE"
            self._table.create_scalar_index(name, index_type=kind)
        self._filter: str | None = None

    async def prepare(self, asking: Asking) -> None:
        marks = ", ".join(map(str, asking.marks))
        self._filter = None
        if asking.readable.all():
            return
        if asking.workload in self._several:
            self._filter = f"array_has_any({asking.workload}, [{marks}])"
        else:
            self._filter = f"{asking.workload} in ({marks})"

    async def search(self, asking: Asking, vector: Vectors) -> Answer:
        began = perf_counter()
        query = self._table.search(vector).distance_type("dot").nprobes(PROBES).ef(EF)
        if self._filter is not None:
            query = query.where(self._filter, prefilter=True)
        # read from the index again, exactly: what a code lost is found among four times as many
        found = query.refine_factor(4).limit(K).select(["number", "_distance"]).to_arrow()
        chunks = tuple(found["number"].to_pylist())
        return Answer(chunks, perf_counter() - began)

    async def close(self) -> None:
        """Nothing is open."""


def _several(marks: list[int] | list[list[int]]) -> bool:
    return isinstance(marks[0], list)


def _kind(marks: list[int] | list[list[int]]) -> Any:
    return pa.list_(pa.int32()) if _several(marks) else pa.int32()


def _batches(tables: Tables, schema: Any) -> Iterator[Any]:
    size = tables.vectors.shape[1]
    for start in range(0, len(tables.vectors), BATCH):
        part = slice(start, start + BATCH)
        vectors = tables.vectors[part]
        yield pa.record_batch(
            [
                pa.array(np.arange(start, start + len(vectors))),
                pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), size),
                *(pa.array(m[part], _kind(m)) for m in tables.marks.values()),
            ],
            schema=schema,
        )


def start(folder: Path, tables: Tables) -> Lance:
    return Lance(folder, tables)
