"""The audiences whose indexes may be searched, as this process knows them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from time import monotonic

from app.db.audiences import Audience, kept_audiences
from app.db.engine import Database
from app.domain.scope import Scope
from app.retrieval.plan import chosen

KNOWN_SECONDS = 5.0
"""So long it is not asked again. Nothing hangs on it but time: the database says in the search
itself whether an index may be searched."""


@dataclass
class Audiences:
    """`threshold` is from how many chunks on an index is worth a search; 0: never."""

    database: Database
    threshold: int
    _ready: tuple[Audience, ...] = ()
    _asked: float = float("-inf")
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def chosen(self, scope: Scope) -> tuple[Audience, ...]:
        """Those that a search under this scope uses. Raises DatabaseUnavailable."""
        if not self.threshold:
            return ()
        async with self._lock:
            if monotonic() - self._asked > KNOWN_SECONDS:
                async with self.database.glance() as connection:
                    kept = await kept_audiences(connection)
                self._ready = tuple(audience for audience in kept if audience.state == "ready")
                self._asked = monotonic()
        return chosen(scope, self._ready, self.threshold)
