"""Answers that somebody still has before them: told apart as soon as one may not be shown."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from uuid import UUID

from app.answering.pipeline import PURPOSE
from app.authz.watch import Watch
from app.domain.principal import Account
from app.domain.scope import RenditionRef

QUIET = 15.0
"""Seconds after which something is said even though nothing happened."""


async def withdrawals(
    watch: Watch, account: Account, answers: Mapping[UUID, frozenset[RenditionRef]]
) -> AsyncGenerator[UUID | None]:
    """Each of `answers` once it is withdrawn, at once where it is by now; `None` now and then, so
    that whoever waits sees that somebody is there. Ends when all are withdrawn.

    `answers` gives the renditions that each is made of.
    """

    async def withdrawn(answer: UUID, renditions: frozenset[RenditionRef]) -> UUID:
        async with watch.holding(account, PURPOSE, renditions) as held:
            await held.gone()
        return answer

    waiting = {asyncio.create_task(withdrawn(*one)) for one in answers.items()}
    try:
        while waiting:
            gone, waiting = await asyncio.wait(
                waiting, timeout=QUIET, return_when=asyncio.FIRST_COMPLETED
            )
            for task in gone:
                yield task.result()
            if not gone:
                yield None
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
