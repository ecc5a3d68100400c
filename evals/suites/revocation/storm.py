"""Everybody at once: changes, reads and disturbances, until enough reads met a change."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from unittest.mock import patch

from sqlalchemy import create_engine, make_url, text

from app.authz import reading
from app.authz.policy import Policy
from app.authz.scope import ScopeResolver
from app.db.engine import Database, Login, ReaderConnection
from app.domain.principal import Account, Role
from app.domain.source import Source
from app.errors import Unavailable
from app.runtime.postgres import EmbeddedPostgres
from evals.ground.standby import Standby
from evals.suites.revocation.checker import violations
from evals.suites.revocation.disturbance import Disturbance
from evals.suites.revocation.log import History
from evals.suites.revocation.operations import WITNESS, Doors, Witnessed
from evals.suites.revocation.organisation import DOCUMENTS, LEVELS, NEVER, USERS, Organisation
from evals.suites.revocation.reads import Node

WAYS = ("rows", "rows", "search", "recheck")
READERS = 6
STOPS = 0.5
"""Of all readers, those that stop where it is worst, for up to `STOPS_SECONDS`."""
STOPS_SECONDS = 0.05
ROUND = 50
"""After so many more interleavings a hunt looks whether it has caught something."""


@dataclass
class Storm:
    """`nodes` read: the first on the primary alone, the others on the replica where they can."""

    history: History
    organisation: Organisation
    nodes: list[Node]
    accounts: list[Account]
    disturbance: Disturbance
    owner_url: str
    chance: random.Random

    async def rage(self, interleavings: int, *, disturbed: bool = True) -> None:
        """Until the history has so many interleavings. An actor that fails ends it, and raises."""
        o = self.organisation
        actors = [
            o.memberships(),
            o.folders(),
            o.documents(DOCUMENTS[::2]),
            o.documents(DOCUMENTS[1::2]),
            o.leave_then_share(),
            o.deny_then_move_in(),
            self.disturbance.hold_the_replica_back(0.2),
        ]
        if disturbed:
            actors.append(self.disturbance.end_connections(0.4))
        async with asyncio.TaskGroup() as group:
            restless = [group.create_task(actor) for actor in actors]
            readers = [group.create_task(self._read(interleavings)) for _ in range(READERS)]
            await asyncio.gather(*readers)
            for task in restless:
                task.cancel()

    async def settle(self) -> None:
        """With nothing going on, everybody reads in every way on every node."""
        self.disturbance.standby.follow()
        for node in self.nodes:
            for account in self.accounts:
                for way in dict.fromkeys(WAYS):
                    if await node.read(way, account, quiet=True) is None:
                        raise Unavailable(f"{way} has no answer although nothing goes on")

    def judge(self) -> list[str]:
        """The violations so far, by what the transactions themselves wrote down."""
        owner = create_engine(make_url(self.owner_url))
        with owner.connect() as connection:
            rows = connection.execute(text("select operation, revision from witness"))
            for number, revision in rows:
                self.history.operations[number].revision = revision
        owner.dispose()
        return violations(self.history, USERS)

    async def hunt(self, most: int) -> list[str]:
        """Rage in rounds until something is found, for at most so many interleavings."""
        for enough in range(ROUND, most + ROUND, ROUND):
            await self.rage(enough, disturbed=False)
            if found := self.judge():
                return found
        return []

    async def _read(self, interleavings: int) -> None:
        while self.history.interleavings < interleavings:
            node = self.chance.choice(self.nodes)
            await node.read(self.chance.choice(WAYS), self.chance.choice(self.accounts))


@asynccontextmanager
async def storm(
    owner_url: str,
    primary: EmbeddedPostgres,
    standby: Standby,
    policy: Policy,
    passwords: dict[Login, str],
    chance: random.Random,
) -> AsyncIterator[Storm]:
    """A founded organisation, and everybody ready."""
    history = History(never=NEVER)
    source = _prepare(owner_url)
    async with AsyncExitStack() as stack:
        writers = Witnessed.connect(owner_url, passwords)
        stack.push_async_callback(writers.close)
        doors = Doors(writers, history, source, LEVELS, USERS)  # type: ignore[arg-type]
        organisation = Organisation(doors, chance)
        await organisation.found()
        nodes = []
        for replica_url in (None, standby.url(owner_url), standby.url(owner_url)):
            database = Database.connect(owner_url, passwords, replica_url=replica_url)
            if database.replica is not None:
                # a connection that we end is no reason to leave the replica alone for long
                database.replica.rest = 0.05
            stack.push_async_callback(database.close)
            nodes.append(Node(ScopeResolver(database, policy, 60), LEVELS, history, chance))
        async with writers.app() as connection:
            rows = await connection.execute(
                text("select id, key from principal where key = any (:keys)"), {"keys": USERS}
            )
            accounts = [Account(row.id, row.key, row.key, Role.EMPLOYEE) for row in rows]
        disturbance = Disturbance(primary, standby, owner_url, chance)
        stack.enter_context(_stopping_at_times(chance))
        yield Storm(history, organisation, nodes, accounts, disturbance, owner_url, chance)


def _stopping_at_times(chance: random.Random) -> AbstractContextManager[object]:
    """A process may stop anywhere: here between a seal and the transaction that it opens."""
    bind = reading.bind

    async def late(connection: ReaderConnection, sealed: str) -> int | None:
        if chance.random() < STOPS:
            await asyncio.sleep(chance.uniform(0, STOPS_SECONDS))
        return await bind(connection, sealed)

    return patch.object(reading, "bind", late)


def _prepare(owner_url: str) -> Source:
    """The source, and an empty organisation where another storm has been before."""
    owner = create_engine(make_url(owner_url))
    with owner.begin() as connection:
        for statement in filter(str.strip, WITNESS.split(";")):
            connection.execute(text(statement))
        connection.execute(text("truncate witness, principal_set"))
        connection.execute(text("delete from document"))
        for level in LEVELS:
            connection.execute(text(f"truncate rendition_{level}, chunk_{level}"))
        source = connection.scalar(
            text("""
            insert into source (key, kind, classification_floor)
            values ('history', 'push', 'public')
            on conflict (key) do update set kind = 'push' returning id""")
        )
    owner.dispose()
    return Source(int(source or 0), "history", "push", {}, "public", None)
