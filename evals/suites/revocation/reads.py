"""Reads as the service does them, from resolving the scope on; each kept with its revision."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text

from app.authz.reading import Reading
from app.authz.recheck import readable_renditions
from app.authz.scope import ScopeResolver
from app.db.engine import Database
from app.db.revision import current_revision
from app.domain.principal import Account
from app.domain.scope import Found
from app.errors import DatabaseUnavailable, ScopeOutdated
from app.retrieval.copies import CodeCopies
from app.retrieval.search import Searcher
from evals.suites.revocation.log import History, Read
from evals.suites.revocation.operations import VECTOR

PURPOSE = "search"

_ON_REPLICA = text("select pg_is_in_recovery()")
_DOCUMENTS = text("select id, classification, external_id from document")


class OneDirection:
    """Every text has the same vector: whatever may be seen is found."""

    dimensions = len(VECTOR)
    name = "one direction"

    def embed(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
        return [VECTOR for _ in texts]


@dataclass(frozen=True)
class Seen:
    revision: int
    texts: tuple[str, ...] = ()
    names: frozenset[str] | None = None
    on_replica: bool = False


@dataclass
class Node:
    """One process of the service: its own connections, and what it remembers of subjects.

    `pause` is for how many seconds at most some reads rest between their steps, so that changes
    get in between.
    """

    resolver: ScopeResolver
    levels: tuple[str, ...]
    history: History
    chance: random.Random
    pause: float = 0.02

    def __post_init__(self) -> None:
        copies = CodeCopies(self.database, self.levels, OneDirection.dimensions)
        self._searcher = Searcher(OneDirection(), copies)

    @property
    def database(self) -> Database:
        return self.resolver.database

    async def read(self, way: str, account: Account, *, quiet: bool = False) -> Read | None:
        """Read in one of three ways: `rows` under row-level security alone, `search`, `recheck`.
        None when there was no answer; `quiet`: nothing changes meanwhile, so a search is exact."""
        demanded = self._demand()
        began = self.history.now()
        try:
            if way == "recheck":
                seen = await self._recheck(account)
            elif way == "search":
                seen = await self._searched(account, demanded)
            else:
                seen = await self.resolver.within(account, PURPOSE, self._rows, demanded)
        except (DatabaseUnavailable, ScopeOutdated):
            self.history.unanswered += 1
            return None
        read = Read(
            way,
            account.email,
            None if way == "recheck" else demanded,
            seen.revision,
            began,
            self.history.now(),
            exact=quiet or way != "search",
            on_replica=seen.on_replica,
            during_change=self.history.changed_since(began),
            seen=seen.texts,
            names=seen.names,
        )
        self.history.reads.append(read)
        return read

    def _demand(self) -> int | None:
        """Sometimes the revision of an operation that was acknowledged lately."""
        if self.chance.random() < 0.5:
            return None
        lately = self.history.operations[-20:]
        return max((o.acknowledged for o in lately if o.ended and o.acknowledged), default=None)

    async def _rows(self, read: Reading) -> Seen:
        await self._pause()
        texts: list[str] = []
        for level in self.chance.sample(self.levels, len(self.levels)):
            await self._pause()
            statement = text(f"select text from chunk_{level}")  # noqa: S608 (a level is ours)
            texts += await read.connection.scalars(statement)
        on_replica = await read.connection.scalar(_ON_REPLICA)
        return Seen(read.revision, tuple(texts), on_replica=bool(on_replica))

    async def _searched(self, account: Account, demanded: int | None) -> Seen:
        query = await self._searcher.query("harbour crane")
        await self._pause()

        async def search(read: Reading) -> Found:
            await self._pause()
            return await self._searcher.search(read, query, 50)

        found = await self.resolver.within(account, PURPOSE, search, demanded)
        return Seen(found.revision, tuple(passage.text for passage in found.passages))

    async def _recheck(self, account: Account) -> Seen:
        async with self.database.snapshot() as connection:
            rows = await connection.execute(_DOCUMENTS)
            names = {(row.id, row.classification): row.external_id for row in rows}
            await self._pause()
            passed = await readable_renditions(
                connection, self.resolver.policy, account, PURPOSE, names
            )
            await self._pause()
            revision = await current_revision(connection)
        return Seen(revision, names=frozenset(names[rendition] for rendition in passed))

    async def _pause(self) -> None:
        if self.chance.random() < 0.4:
            await asyncio.sleep(self.chance.random() * self.pause)
