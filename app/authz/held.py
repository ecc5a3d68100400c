"""Something made of documents that somebody still holds: an open stream, a kept answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from time import monotonic
from typing import TypeVar

from app.domain.principal import Account
from app.domain.scope import RenditionRef
from app.errors import Withdrawn

AFRESH = 3.0
"""Seconds after which it is authorised again at the same revision too: leases run out."""
PATIENCE = 4
"""So many beats may pass without an answer from the database before it counts as withdrawn."""
CLOSING = 1.0
"""Seconds that what makes the parts has to close, after it was told to."""

Part = TypeVar("Part")


@dataclass(eq=False)
class Held:
    """What one holder has of `renditions`, for an account and a purpose. Once `withdrawn` is set,
    at least one of them may not be shown any more or the account's token has ended, and that is
    for good."""

    account: Account
    purpose: str
    renditions: frozenset[RenditionRef]
    withdrawn: asyncio.Event = field(default_factory=asyncio.Event)
    _authorised: asyncio.Event = field(default_factory=asyncio.Event)
    _revision: int | None = None
    _at: float = 0.0
    _beats: int = 0

    async def gone(self) -> None:
        """Wait until it is withdrawn."""
        await self.withdrawn.wait()

    async def settled(self) -> None:
        """Wait until it was authorised since it is held, or withdrawn."""
        await self._authorised.wait()

    async def guarding(self, parts: AsyncGenerator[Part]) -> AsyncGenerator[Part]:
        """The parts as they come, closed at the end.

        Raises Withdrawn as soon as something held is withdrawn, also while a part is waited for.
        """
        gone = asyncio.create_task(self.gone())
        step: asyncio.Future[Part] | None = None
        try:
            while True:
                step = asyncio.ensure_future(anext(parts))
                await asyncio.wait({step, gone}, return_when=asyncio.FIRST_COMPLETED)
                if self.withdrawn.is_set():
                    raise Withdrawn
                try:
                    part = step.result()
                except StopAsyncIteration:
                    return
                yield part
        finally:
            gone.cancel()
            if step is not None and not step.done():
                step.cancel()
                # what hangs, hangs without us
                await asyncio.wait({step}, timeout=CLOSING)
            if step is None or step.done():
                await parts.aclose()

    def current(self, revision: int) -> bool:
        """Whether it was authorised at this revision, and not long ago."""
        return self._revision == revision and monotonic() - self._at < AFRESH

    def confirm(self) -> None:
        """The database answered: what was authorised still is."""
        self._beats = 0

    def judge(self, revision: int, readable: frozenset[RenditionRef]) -> None:
        """It was authorised again; `readable` are those of its renditions that passed, at least
        as of `revision`."""
        if not self.renditions <= readable:
            self.withdraw()
            return
        self._revision, self._at = revision, monotonic()
        self.confirm()
        self._authorised.set()

    def beat(self) -> None:
        """Some time passed. Counted in beats and not in seconds, so that a process that stood
        still does not take its own pause for a silence of the database."""
        self._beats += 1
        if self._beats > PATIENCE:
            self.withdraw()

    def withdraw(self) -> None:
        self.withdrawn.set()
        self._authorised.set()
