"""A company whose staff may read most of it: what audience indexes are kept for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import numpy as np
import psycopg
import pytest
from numpy.typing import NDArray
from sqlalchemy import insert, make_url, text

from app.authn.accounts import find_account
from app.authz.directory import Group, Person, replace_directory
from app.authz.grants import set_container_acl
from app.authz.policy import Policy
from app.authz.reading import Reading, reading
from app.authz.scope import ScopeResolver
from app.db.audience_index import as_owner
from app.db.audiences import Audience, kept_audiences
from app.db.candidates import Candidate, nearest
from app.db.engine import Database
from app.db.graphs import Walked, nearest_of_audiences
from app.db.levels import chunk_table, delete_rows, rendition_table
from app.domain.acl import Acl
from app.domain.principal import Account
from app.domain.scope import Scope
from app.retrieval import keep as keeping
from app.retrieval.audiences import Audiences
from app.retrieval.copies import CodeCopies
from app.retrieval.search import Query, Searcher

LEVEL = "internal"
THRESHOLD = 100
CHUNKS = 40
"""In each container."""
ANN, BOB, TEMP = "ann@audience.example", "bob@audience.example", "temp@audience.example"


class Unused:
    """An embedder that nobody asks: queries are vectors."""

    dimensions = 384
    name = "unused"

    def embed(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
        raise AssertionError


@dataclass
class Company:
    """Ann and Bob are staff, Bob is on the board as well; a temp is neither."""

    database: Database
    owner_url: str
    levels: tuple[str, ...]
    resolver: ScopeResolver
    source: int
    chance: np.random.Generator = field(default_factory=lambda: np.random.default_rng(20261124))
    slots: dict[str, int] = field(default_factory=dict)

    @classmethod
    async def found(
        cls, database: Database, owner_url: str, policy: Policy, levels: tuple[str, ...]
    ) -> Company:
        people = [Person(email, "P") for email in (ANN, BOB, TEMP)]
        groups = [Group("staff", [ANN, BOB]), Group("board", [BOB]), Group("temps", [TEMP])]
        async with database.app() as connection:
            await replace_directory(connection, people, groups)
            source = await connection.scalar(
                text("""
                insert into source (key, kind, classification_floor)
                values (:key, 'push', 'public') returning id"""),
                {"key": f"s{uuid4().hex[:8]}"},
            )
        return cls(database, owner_url, levels, ScopeResolver(database, policy, 60), source)

    async def share(self, container: str, allow: Sequence[str], deny: Sequence[str] = ()) -> None:
        async with self.database.app() as connection:
            placed = await set_container_acl(
                connection, self.source, container, Acl.parse(list(allow), list(deny))
            )
        self.slots[container] = placed.slot_id

    async def write(self, container: str, chunks: int = CHUNKS) -> UUID:
        """One document; its id."""
        document, slot = uuid4(), self.slots[container]
        base = {"document_id": document, "slot_id": slot}
        async with self.database.ingest() as connection:
            await connection.execute(
                insert(rendition_table(LEVEL)),
                {**base, "id": document, "title": "t", "uri": "", "mime_type": "", "source": "s",
                 "external_id": "e", "redactions": {}, "evidence": []},
            )  # fmt: skip
            await connection.execute(
                insert(chunk_table(LEVEL)),
                [
                    {**base, "id": uuid4(), "rendition_id": document, "ordinal": n, "heading": "",
                     "text": container, "terms": "t", "embedding": self.vector().tolist()}
                    for n in range(chunks)
                ],
            )  # fmt: skip
        return document

    async def remove(self, document: UUID) -> None:
        async with self.database.ingest() as connection:
            await delete_rows(connection, self.levels, [document])

    def vector(self) -> NDArray[np.float32]:
        """Of unit length."""
        one = self.chance.standard_normal(384)
        return (one / np.linalg.norm(one)).astype(np.float32)

    async def keep(self, threshold: int = THRESHOLD) -> list[str]:
        """What the keeper did."""
        async with as_owner(self.owner_url) as owner:
            return [
                done async for done in keeping.keep(self.database, owner, self.levels, threshold)
            ]

    async def kept(self) -> list[Audience]:
        async with self.database.glance() as connection:
            return await kept_audiences(connection)

    async def building(self) -> None:
        """Wait until there is an index, ready or not."""
        for _ in range(1_000):
            if await self.indexes():
                return
            await asyncio.sleep(0.05)
        raise AssertionError

    async def close(self) -> None:
        """Nobody may read anything of it any more, and nothing is left to be read."""
        for container in self.slots:
            await self.share(container, [])
        async with self.database.ingest() as connection:
            await connection.execute(text(f"delete from rendition_{LEVEL}"))  # noqa: S608

    async def indexes(self) -> set[str]:
        with self.as_owner() as owner:
            rows = owner.execute(
                "select relname from pg_class where relkind = 'i' and relname ~ '^audience_\\d'"
            )
            return {name for [name] in rows}

    @contextmanager
    def as_owner(self) -> Iterator[psycopg.Connection]:
        words = make_url(self.owner_url).set(drivername="postgresql")
        with psycopg.connect(
            words.render_as_string(hide_password=False), autocommit=True
        ) as connection:
            yield connection

    async def account(self, email: str) -> Account:
        return await find_account(self.database, email)

    @asynccontextmanager
    async def reading(self, email: str) -> AsyncIterator[Reading]:
        scope = await self.resolver.resolve(await self.account(email), "search")
        async with reading(self.database, scope) as read:
            yield read

    def searcher(self, threshold: int = THRESHOLD) -> Searcher:
        return Searcher(
            Unused(),
            CodeCopies(self.database, self.levels, 384),
            audiences=Audiences(self.database, threshold),
        )

    async def walked(self, read: Reading, vector: NDArray[np.float32], scope: Scope) -> Walked:
        """By the indexes alone that a search under this scope uses."""
        by = await Audiences(self.database, THRESHOLD).chosen(scope)
        assert by, "no index is thought of"
        return await nearest_of_audiences(read.connection, scope, vector.tolist(), 10, by)


async def exact(read: Reading, vector: NDArray[np.float32], most: int) -> list[Candidate]:
    return await nearest(read.connection, read.scope, vector.tolist(), most)


async def searched(
    searcher: Searcher, read: Reading, vector: NDArray[np.float32], most: int
) -> list[tuple[UUID, float]]:
    """What a search by meaning finds, and how far it is."""
    found = await searcher.nearest(read, Query("", vector.tolist()), most)
    return [(passage.chunk_id, round(1 - passage.score, 7)) for passage in found.passages]


def told(found: Sequence[Candidate]) -> list[tuple[UUID, float]]:
    """As `searched` tells it."""
    return [(one.chunk_id, round(one.value, 7)) for one in found]


SHARED = [f"shared{n}" for n in range(6)]


@pytest.fixture
async def company(
    database: Database,
    owner_url: str,
    policy: Policy,
    levels: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Company]:
    """Six containers for all staff, one that denies temps besides, one for the board."""
    monkeypatch.setattr("app.db.audience_index.PAUSE", 0.0)
    # what is searched by codes is found whole, so that only an index could miss something
    monkeypatch.setattr("app.retrieval.propose.proposed", lambda most, readable: readable)
    company = await Company.found(database, owner_url, policy, levels)
    for container in SHARED:
        await company.share(container, ["group:staff"])
    await company.share("guarded", ["group:staff"], ["group:temps"])
    await company.share("board", ["group:board"])
    for container in company.slots:
        await company.write(container)
    yield company
    await company.keep(threshold=0)
    await company.close()
