"""A release that answers beside the one that is shown: its answers are compared and thrown away."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from app.answering.conversations import Conversations
from app.answering.events import Finished
from app.answering.pipeline import Answering
from app.audit.record import Recorder
from app.domain.answer import Answer
from app.domain.principal import Account
from app.domain.record import AuditRecord
from app.errors import PortcullisError
from app.releases.traffic import count

ACTION = "shadow"
"""Under this the passages that a shadow read are on record: a model has read them."""
MOST = 2
"""So many at once; what comes meanwhile is not compared, so that nobody waits for a shadow."""


@dataclass(frozen=True)
class Unkept(Conversations):
    """Keeps no conversation: a shadow's answer is nobody's."""

    async def open(self, account: Account, conversation_id: UUID | None, question: str) -> UUID:
        return uuid4()

    async def keep(self, conversation_id: UUID, question: str, answer: Answer) -> None:
        return None


@dataclass(frozen=True)
class Aside(Recorder):
    """Records an answer that nobody is shown, as what it is made for."""

    action: str

    async def record(self, record: AuditRecord) -> UUID:
        return await super().record(replace(record, action=self.action))


@dataclass
class Shadow:
    """The comparisons of one process that are under way."""

    def __post_init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def compare(self, other: Answering, account: Account, question: str, shown: Answer) -> None:
        """Answer once more, beside, after the shown answer is out; counts go on record."""
        if len(self._running) >= MOST:
            return
        task = asyncio.create_task(_compare(other, account, question, shown))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def settled(self) -> None:
        """Wait for those that are under way."""
        await asyncio.gather(*self._running, return_exceptions=True)

    async def close(self) -> None:
        for task in self._running:
            task.cancel()
        await self.settled()


async def _compare(other: Answering, account: Account, question: str, shown: Answer) -> None:
    aside = replace(
        other,
        conversations=Unkept(other.database, other.policy, other.live),
        recorder=Aside(other.database, ACTION),
    )
    answer: Answer | None = None
    try:
        async with aclosing(aside.ask(account, question)) as events:
            async for event in events:
                if isinstance(event, Finished):
                    answer = event.answer
    except PortcullisError:
        answer = None
    async with other.database.app() as connection:
        await count(connection, other.release, shown, answer)
