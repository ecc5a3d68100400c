"""Milvus Lite: an HNSW index, filtered by an expression over the slots.

A field of the principals whom a chunk is allowed to would be shorter to write, but was seen to take
it longer than any list of slots.
"""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

import numpy as np
from pymilvus import DataType, MilvusClient

from evals.bench.contender import Answer, Asking, K, Tables
from evals.bench.vectors import Vectors

M, EF_CONSTRUCTION, EF = 16, 100, 200
BATCH = 2_000


class Milvus:
    """One collection on disk, behind its server in a process of its own, as it comes."""

    name = "Milvus Lite"

    def __init__(self, folder: Path, tables: Tables) -> None:
        self._client = MilvusClient(str(folder / "milvus.db"))
        schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("number", DataType.INT64, is_primary=True)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=tables.vectors.shape[1])
        for name in tables.slots:
            schema.add_field(name, DataType.INT64)
        index = self._client.prepare_index_params()
        index.add_index(
            "vector",
            index_type="HNSW",
            metric_type="IP",
            params={"M": M, "efConstruction": EF_CONSTRUCTION},
        )
        self._client.create_collection("chunk", schema=schema, index_params=index)
        for start in range(0, len(tables.vectors), BATCH):
            self._client.insert(
                "chunk",
                [
                    {
                        "number": n,
                        "vector": tables.vectors[n].tolist(),
                        **{name: int(slot[n]) for name, slot in tables.slots.items()},
                    }
                    for n in range(start, min(start + BATCH, len(tables.vectors)))
                ],
            )
        self._client.flush("chunk")
        self._client.load_collection("chunk")
        self._filter = ""

    async def prepare(self, asking: Asking) -> None:
        slots = np.flatnonzero(asking.slots).tolist()
        self._filter = "" if asking.readable.all() else f"{asking.workload} in {slots}"

    async def search(self, asking: Asking, vector: Vectors) -> Answer:
        began = perf_counter()
        [found] = self._client.search(
            "chunk",
            data=[vector.tolist()],
            filter=self._filter,
            limit=K,
            search_params={"metric_type": "IP", "params": {"ef": EF}},
            output_fields=["number"],
        )
        return Answer(tuple(hit["number"] for hit in found), perf_counter() - began)

    async def close(self) -> None:
        self._client.close()


def start(folder: Path, tables: Tables) -> Milvus:
    return Milvus(folder, tables)
