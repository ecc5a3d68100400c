"""Revocation reaches whoever remembers: what is held anywhere is authorised again at each change.

One watch per process. It hears of a raised revision and of an ended token from the database and
looks at every beat besides, so a notice that never comes costs half a second and no more. It
decides by `app.authz.recheck` alone, and by whether the token stands that the holder came with.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog

from app.authz.credentials import standing_tokens
from app.authz.held import PATIENCE, Held
from app.authz.policy import Policy
from app.authz.recheck import Asker, readable_by_each
from app.db.engine import Database
from app.db.notices import revision_notices
from app.db.revision import current_revision
from app.domain.principal import Account
from app.domain.scope import RenditionRef
from app.errors import DatabaseUnavailable

BEAT = 0.5
"""Seconds from one look at the revision to the next."""
PAUSES = (0.5, 8.0)
"""Seconds before the connection for notices is tried again: at first, and at most."""

_log = structlog.get_logger(__name__)


@dataclass
class Watch:
    """Whoever shows or keeps something made of documents holds it here while it does."""

    database: Database
    policy: Policy
    _held: set[Held] = field(default_factory=set)
    _stir: asyncio.Event = field(default_factory=asyncio.Event)
    _running: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def holding(
        self, account: Account, purpose: str, renditions: Iterable[RenditionRef]
    ) -> AsyncIterator[Held]:
        """Hold renditions: they were all readable at a moment after the call, and the token stood
        that the account came with, or what is given is withdrawn already. Nothing fails when the
        database is gone: it is withdrawn then."""
        held = Held(account, purpose, frozenset(renditions))
        if not held.renditions and account.token_id is None:
            yield held
            return
        self._held.add(held)
        try:
            self.start()
            self._stir.set()
            await held.settled()
            yield held
        finally:
            self._held.discard(held)

    def start(self) -> None:
        """Begin to watch on the running loop; `holding` does it where nobody else did."""
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Stop. What is still held counts as withdrawn."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait({self._running})

    async def _run(self) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                for task in (self._listen(), self._beat(), self._look()):
                    tasks.create_task(task)
        except* Exception as group:
            _log.error("watch_broke", kinds=[type(error).__name__ for error in group.exceptions])
        finally:
            for held in self._held:
                held.withdraw()

    async def _listen(self) -> None:
        pause = PAUSES[0]
        while True:
            try:
                async for _ in revision_notices(self.database):
                    pause = PAUSES[0]
                    self._stir.set()
            except DatabaseUnavailable:
                _log.warning("not_listening", again_in=pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, PAUSES[1])

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT)
            for held in self._held:
                held.beat()
            self._stir.set()

    async def _look(self) -> None:
        """Look whenever something stirs. A look that hangs is left behind, in time for another."""
        while True:
            await self._stir.wait()
            self._stir.clear()
            if not self._held:
                continue
            look = asyncio.create_task(self._authorise())
            try:
                await asyncio.wait({look}, timeout=PATIENCE / 2 * BEAT)
                if look.done():
                    look.result()
            finally:
                look.cancel()

    async def _authorise(self) -> None:
        """Authorise again, in one call, what is held and not confirmed at the present revision."""
        try:
            async with self.database.snapshot() as connection:
                # read first: what is found afterwards is at least of this revision
                revision = await current_revision(connection)
                tokens = {h.account.token_id for h in self._held if h.account.token_id is not None}
                ended = tokens - await standing_tokens(connection, tokens)
                due: dict[Asker, list[Held]] = defaultdict(list)
                for held in self._held:
                    if held.account.token_id in ended:
                        held.withdraw()
                    elif held.current(revision):
                        held.confirm()
                    elif not held.withdrawn.is_set():
                        due[held.account, held.purpose].append(held)
                asked = {
                    asker: frozenset[RenditionRef]().union(*(held.renditions for held in same))
                    for asker, same in due.items()
                }
                readable = await readable_by_each(connection, self.policy, asked)
                for asker, same in due.items():
                    for held in same:
                        held.judge(revision, readable[asker])
        except DatabaseUnavailable:
            return  # the beats go on counting
