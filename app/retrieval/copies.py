"""The copies of all codes in this process's memory, kept in step with the tables."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from time import monotonic

from app.db.codes import Changes, changed_ids, changes_since, current_snapshot, read_codes
from app.db.engine import CodesConnection, Database
from app.retrieval.codes import LevelCodes

FORGOTTEN_SECONDS = 3_000.0
"""Who has not looked for so long reads everything again: the log of changes is kept for longer."""
MANY = 5_000
"""From so many changed chunks on, a classification is read anew rather than chunk by chunk."""


@dataclass
class CodeCopies:
    """`levels` are the classifications; `dimensions` is the length of the vectors."""

    database: Database
    levels: tuple[str, ...]
    dimensions: int
    _codes: dict[str, LevelCodes] = field(default_factory=dict)
    _seen: str = ""
    _looked_at: float = 0.0
    _begun: int = 0
    _done: int = 0
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def seen(self) -> str | None:
        """The snapshot that the copies are of; None when they are to be read anew."""
        kept = self._codes and monotonic() - self._looked_at < FORGOTTEN_SECONDS
        return self._seen if kept else None

    async def at(self, changes: Changes | None) -> dict[str, LevelCodes]:
        """The codes as of these changes, or later: a look of its own only where there are some,
        or nobody has asked for them. Raises DatabaseUnavailable."""
        if changes is None or changes.levels:
            return await self.current()
        if changes.since == self._seen:
            self._seen, self._looked_at = changes.until, monotonic()
        return dict(self._codes)

    async def current(self) -> dict[str, LevelCodes]:
        """The codes as of now: whatever was committed before the call is in them.

        The first call reads everything. Those who call while somebody looks share one look, the
        next. Raises DatabaseUnavailable.
        """
        asked = self._begun
        async with self._lock:
            if self._done <= asked:
                self._begun = mine = self._begun + 1
                await self._look()
                self._done = mine
            return dict(self._codes)

    async def _look(self) -> None:
        began = monotonic()
        async with self.database.codes() as connection:
            if self.seen is None:
                seen = await current_snapshot(connection)
                self._codes = {level: await self._read(connection, level) for level in self.levels}
            else:
                changes = await changes_since(connection, self._seen)
                for level in changes.levels:
                    await self._follow(connection, level)
                seen = changes.until
        self._seen, self._looked_at = seen, began

    async def _read(self, connection: CodesConnection, level: str) -> LevelCodes:
        rows = await read_codes(connection, level, self.dimensions)
        return await asyncio.to_thread(LevelCodes, rows)

    async def _follow(self, connection: CodesConnection, level: str) -> None:
        if level not in self._codes:
            return
        ids = await changed_ids(connection, self._seen, level)
        if len(ids) > MANY:
            self._codes[level] = await self._read(connection, level)
        else:
            rows = await read_codes(connection, level, self.dimensions, ids)
            await asyncio.to_thread(self._codes[level].change, ids, rows)
