"""Answers that are being written: each is a task of the server, whoever looks at it.

A page that is loaded again catches up; only who asked may look, or stop it. From the moment that
a document of it is withdrawn, an answer shows only that.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import structlog

from app.answering.events import Delta, Finished, Started
from app.answering.pipeline import PURPOSE, Answering
from app.answering.serving import Serving
from app.answering.wording import NO_LONGER, WITHDRAWN
from app.domain.answer import Answer, Outcome
from app.domain.principal import Account
from app.domain.scope import RenditionRef
from app.errors import NotFound, PortcullisError

_KEPT_SECONDS = 120.0

_log = structlog.get_logger(__name__)


@dataclass
class Generation:
    """One answer on its way. `text` grows; `answer` or `problem` is there at the end, unless it
    was `withdrawn`: then nothing of the answer is left."""

    account: Account
    question: str
    id: UUID = field(default_factory=uuid4)
    conversation_id: UUID | None = None
    text: str = ""
    answer: Answer | None = None
    problem: str | None = None
    stopped: bool = False
    withdrawn: bool = False
    ended: bool = False
    version: int = 0
    task: asyncio.Task[None] | None = None
    holding: asyncio.Task[None] | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def grow(self, text: str) -> None:
        if not self.withdrawn:
            self.text += text

    def finish(self, answer: Answer) -> None:
        if answer.outcome is Outcome.WITHDRAWN:
            self.withdraw()
        elif not self.withdrawn:
            self.answer = answer

    def withdraw(self) -> None:
        """Forget what it said; whoever looks is told why."""
        if not self.withdrawn:
            self.withdrawn = True
            self.text, self.answer = NO_LONGER if self.ended else WITHDRAWN, None
            self.change()

    def change(self) -> None:
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def versions(self) -> AsyncIterator[int]:
        """A number whenever there is more to show, the present state at once, until it ended."""
        seen = -1
        while True:
            changed = self._changed
            if self.version != seen:
                seen = self.version
                yield seen
            if self.ended:
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(15):
                    await changed.wait()


@dataclass
class Generations:
    """The answers that this process is writing, and those it wrote a moment ago."""

    running: dict[UUID, Generation] = field(default_factory=dict)

    def start(
        self,
        answering: Answering | Serving,
        account: Account,
        question: str,
        conversation: UUID | None,
    ) -> Generation:
        generation = Generation(account, question, conversation_id=conversation)
        self.running[generation.id] = generation
        generation.task = asyncio.create_task(self._run(answering, generation))
        return generation

    def find(self, account: Account, generation_id: UUID) -> Generation:
        """Raises NotFound, also for somebody else's."""
        found = self.running.get(generation_id)
        if found is None or found.account.principal_id != account.principal_id:
            raise NotFound
        return found

    def stop(self, account: Account, generation_id: UUID) -> None:
        """Raises NotFound."""
        generation = self.find(account, generation_id)
        generation.stopped = True
        if generation.task is not None:
            generation.task.cancel()

    async def close(self) -> None:
        every = self.running.values()
        tasks = [task for g in every for task in (g.task, g.holding) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, answering: Answering | Serving, generation: Generation) -> None:
        try:
            events = answering.ask(
                generation.account, generation.question, generation.conversation_id
            )
            async with aclosing(events):
                async for event in events:
                    match event:
                        case Started(conversation_id=conversation, renditions=renditions):
                            generation.conversation_id = conversation
                            generation.holding = asyncio.create_task(
                                self._hold(answering, generation, renditions)
                            )
                        case Delta(text=text):
                            generation.grow(text)
                        case Finished(answer=answer):
                            generation.finish(answer)
                    generation.change()
        except PortcullisError as error:
            generation.problem = error.message
        except asyncio.CancelledError:
            generation.stopped = True
        except Exception as error:
            _log.error("generation_broke", kind=type(error).__name__)
            generation.problem = "Something broke on our side; it is in the log. Ask again."
        finally:
            generation.ended = True
            generation.change()
            asyncio.get_running_loop().call_later(_KEPT_SECONDS, self._forget, generation)

    async def _hold(
        self,
        answering: Answering | Serving,
        generation: Generation,
        renditions: frozenset[RenditionRef],
    ) -> None:
        """As long as the answer can be looked at, and not only while it is written."""
        async with answering.watch.holding(generation.account, PURPOSE, renditions) as held:
            await held.gone()
        generation.withdraw()

    def _forget(self, generation: Generation) -> None:
        self.running.pop(generation.id, None)
        if generation.holding is not None:
            generation.holding.cancel()
