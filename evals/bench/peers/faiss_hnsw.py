"""FAISS: an HNSW index, filtered by a bitmap of the readable chunks that is made beforehand.

The graph loses its way where little is readable, so there the index's own store of vectors is
compared one by one, over the readable ones.
"""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

import faiss
import numpy as np

from evals.bench.contender import Answer, Asking, K, Tables
from evals.bench.vectors import Vectors

M, EF_CONSTRUCTION, EF = 16, 100, 200
NARROW = 0.1
"""The share up to which the readable vectors are compared one by one."""


class Faiss:
    """Inner product over unit vectors."""

    name = "FAISS"

    def __init__(self, tables: Tables) -> None:
        self._index = faiss.IndexHNSWFlat(tables.vectors.shape[1], M, faiss.METRIC_INNER_PRODUCT)
        self._index.hnsw.efConstruction = EF_CONSTRUCTION
        self._index.add(tables.vectors)
        self._bits = np.empty(0, np.uint8)
        self._searched = self._index
        self._parameters = None

    async def prepare(self, asking: Asking) -> None:
        # the selector keeps a pointer to the bits, so they are kept here
        self._bits = np.packbits(asking.readable, bitorder="little")
        selector = faiss.IDSelectorBitmap(self._bits)
        if asking.readable.mean() <= NARROW:
            self._searched = faiss.downcast_index(self._index.storage)
            self._parameters = faiss.SearchParameters(sel=selector)
        else:
            self._searched = self._index
            self._parameters = faiss.SearchParametersHNSW(sel=selector, efSearch=EF)

    async def search(self, asking: Asking, vector: Vectors) -> Answer:
        began = perf_counter()
        _, found = self._searched.search(vector[np.newaxis], K, params=self._parameters)
        chunks = tuple(int(n) for n in found[0] if n >= 0)
        return Answer(chunks, perf_counter() - began)

    async def close(self) -> None:
        """Nothing is open."""


def start(folder: Path, tables: Tables) -> Faiss:
    return Faiss(tables)
