"""What another engine proposes, authorised and read as the product reads everything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from app.authz.reading import reading
from app.authz.scope import ScopeResolver
from app.db.chunks import read_chunks
from evals.bench.contender import Asking
from evals.bench.whole import PURPOSE, Numbering


@dataclass(frozen=True)
class Door:
    """`ids` are the product's ids of the chunks by number."""

    resolver: ScopeResolver
    numbering: Numbering
    ids: NDArray[np.void]

    async def read(self, asking: Asking, chunks: Sequence[int]) -> tuple[int, ...]:
        """Those of the chunks that the subject may read, their text read with them."""
        scope = await self.resolver.resolve(asking.account, PURPOSE)
        async with reading(self.resolver.database, scope) as read:
            wanted = [UUID(bytes=self.ids[n].tobytes()) for n in chunks]
            rows = await read_chunks(read.connection, scope, wanted)
        return self.numbering.numbers([row.id.bytes for row in rows])
