"""What another engine proposes, authorised and read as the product reads everything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from app.authz.reading import Reading
from app.authz.scope import ScopeResolver
from app.db.candidates import Candidate
from app.db.chunks import read_chunks
from evals.bench.contender import Asking
from evals.bench.whole import PURPOSE, Numbering


@dataclass(frozen=True)
class Door:
    """`ids` are the product's ids of the chunks by number, `levels` their classifications."""

    resolver: ScopeResolver
    numbering: Numbering
    ids: NDArray[np.void]
    levels: Sequence[str]

    async def read(self, asking: Asking, chunks: Sequence[int]) -> tuple[int, ...]:
        """Those of the chunks that the subject may read, their text read with them."""
        wanted = [Candidate(UUID(bytes=self.ids[n].tobytes()), 0.0, self.levels[n]) for n in chunks]

        async def look(read: Reading) -> list[Any]:
            return await read_chunks(read.connection, read.scope, wanted)

        rows = await self.resolver.within(asking.account, PURPOSE, look)
        return self.numbering.numbers([row.id.bytes for row in rows])
