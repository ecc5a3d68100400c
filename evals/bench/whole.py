"""Portcullis whole: the scope, the search under it, and the text, in its full transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from app.authz.reading import Reading
from app.authz.scope import ScopeResolver
from app.db.engine import Database
from app.domain.scope import Found
from app.retrieval.copies import CodeCopies
from app.retrieval.search import Query, Searcher
from evals.bench.contender import Answer, Asking, K
from evals.bench.options import DIMENSIONS
from evals.bench.vectors import Vectors

PURPOSE = "search"


class NoEmbedder:
    """Vectors are given here, none is made."""

    dimensions = DIMENSIONS
    name = "none"

    def embed(self, texts: Sequence[str]) -> NoReturn:
        raise TypeError("a measurement searches by vectors, not by texts")


class Numbering:
    """The numbers of chunks by their ids."""

    def __init__(self, ids: NDArray[np.void]) -> None:
        keys = np.frombuffer(ids.tobytes(), ">u8")[::2]
        self._order = np.argsort(keys)
        self._keys = keys[self._order]

    def numbers(self, found: Sequence[bytes]) -> tuple[int, ...]:
        """Of ids, 16 bytes each. The first half tells random ids apart."""
        keys = np.frombuffer(b"".join(found), ">u8")[::2]
        return tuple(self._order[np.searchsorted(self._keys, keys)].tolist())


@dataclass(frozen=True)
class Portcullis:
    """The product's own parts on one database."""

    resolver: ScopeResolver
    searcher: Searcher
    numbering: Numbering
    name: str = "Portcullis"

    @classmethod
    def build(
        cls, database: Database, resolver: ScopeResolver, levels: tuple[str, ...],
        numbering: Numbering,
    ) -> Portcullis:  # fmt: skip
        copies = CodeCopies(database, levels, DIMENSIONS)
        return cls(resolver, Searcher(NoEmbedder(), copies), numbering)

    async def prepare(self, asking: Asking) -> None:
        """The scope is resolved once, as it is by whoever asks a second question."""
        await self.resolver.resolve(asking.account, PURPOSE)

    async def search(self, asking: Asking, vector: Vectors) -> Answer:
        began = perf_counter()
        query = Query("", vector.tolist())

        async def look(read: Reading) -> Found:
            return await self.searcher.nearest(read, query, K)

        seen = self.searcher.copies.seen
        found = await self.resolver.within(asking.account, PURPOSE, look, seen=seen)
        taken = perf_counter() - began
        ids = [passage.chunk_id.bytes for passage in found.passages]
        return Answer(self.numbering.numbers(ids), taken)

    async def close(self) -> None:
        """Nothing of its own is open."""
