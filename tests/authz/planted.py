"""Documents that Ann may not read, and an attacker who sends any SQL over a login of ours."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from psycopg import AsyncConnection as Driver
from psycopg.errors import Diagnostic
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.authz.directory import Person, replace_directory
from app.authz.grants import set_container_acl
from app.authz.policy import Policy
from app.authz.reading import seal
from app.authz.scope import ScopeResolver
from app.db.chunks import write_rendition
from app.db.engine import Database, Login, ReaderConnection
from app.db.levels import delete_rows
from app.domain.acl import Acl
from app.domain.document import Chunk, EmbeddedChunk, Rendition
from app.domain.principal import Account, Role

RARE = "zorblat"
"""A word that only forbidden documents hold."""
OPEN = "The canteen opens at noon."
SECRET = f"The {RARE} mine closes in May."
ANYTHING = {"isolation_level": "AUTOCOMMIT", "postgresql_readonly": False}
FORBIDDEN = ("internal", "internal", "confidential", "regulated")
"""The classifications of the documents that Ann may not read."""


@dataclass(frozen=True)
class Attacker:
    """A session of a login, by itself or under a scope; whatever comes back is kept."""

    connection: AsyncConnection

    async def gets(self, *statements: str, **parameters: Any) -> str:
        """Rows, notices and errors of statements that each commit alone, as one text."""
        driver = (await self.connection.get_raw_connection()).driver_connection
        assert isinstance(driver, Driver)
        said: list[str] = []

        def hear(notice: Diagnostic) -> None:
            said.append(f"notice {notice.message_primary}")

        driver.add_notice_handler(hear)
        try:
            for statement in statements:
                try:
                    result = await self.connection.execute(text(statement), parameters)
                    said += [str(row) for row in result] if result.returns_rows else ["done"]
                except DBAPIError as error:
                    said.append(f"{getattr(error.orig, 'sqlstate', None)} {error.orig}")
        finally:
            driver.remove_notice_handler(hear)
        return "\n".join(said)

    async def plan(self, statement: str, options: str = "") -> dict[str, Any]:
        """The topmost node of a statement's plan."""
        got = await self.connection.scalar(text(f"explain ({options}format json) {statement}"))
        plan = json.loads(got) if isinstance(got, str) else got
        return dict(plan[0]["Plan"])


@dataclass(frozen=True)
class Place:
    """Ann may read one internal document; `hide` and `plant` take and bring those she may not."""

    database: Database
    owner_url: str
    levels: tuple[str, ...]
    resolver: ScopeResolver
    ann: Account
    slots: tuple[int, int]

    @asynccontextmanager
    async def attacker(self, scoped: bool, login: Login = Login.READER) -> AsyncIterator[Attacker]:
        """A session without a scope, or under Ann's."""
        async with self.database.engines[login].connect() as connection:
            await connection.execution_options(**ANYTHING)
            if scoped:
                scope = await self.resolver.resolve(self.ann, "ask")
                sealed = await seal(self.database, ReaderConnection(connection), scope)
                keep = text("select set_config('portcullis.scope', :sealed, false)")
                await connection.execute(keep, {"sealed": sealed})
            yield Attacker(connection)

    async def plant(self) -> list[UUID]:
        """Documents that Ann may not read, one of each of FORBIDDEN."""
        return [await self.write(level, SECRET, self.slots[1]) for level in FORBIDDEN]

    async def write(self, level: str, words: str, slot: int, chunks: int = 1) -> UUID:
        document = uuid4()
        vector = (1.0, *([0.0] * 383))
        async with self.database.ingest() as connection:
            await write_rendition(
                connection,
                levels=(),
                document_id=document,
                slot_id=slot,
                source="planted",
                external_id=words,
                uri="",
                mime_type="text/plain",
                rendition=Rendition(level, words, (), {}, ()),
                chunks=[EmbeddedChunk(Chunk(n, words, None, words), vector) for n in range(chunks)],
            )
        return document

    async def hide(self, documents: Sequence[UUID]) -> None:
        async with self.database.ingest() as connection:
            await delete_rows(connection, self.levels, documents)

    def own(self, *statements: str) -> None:
        """Run statements as the database's owner."""
        engine = create_engine(make_url(self.owner_url), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
        engine.dispose()

    @contextmanager
    def looking_through(self, most: int) -> Iterator[None]:
        """Words are looked for among the readable chunks alone where these are at most so many."""
        change = (
            "create or replace function most_looked_through() returns integer language sql"
            " immutable parallel safe return {}"
        )
        self.own(change.format(most))
        try:
            yield
        finally:
            self.own(change.format(10_000))

    @asynccontextmanager
    async def unguarded(self) -> AsyncIterator[None]:
        """The same without row-level security: what shows that an attack would tell."""
        tables = [f"{kind}_{level}" for kind in ("rendition", "chunk") for level in self.levels]
        switch = "alter table {} {} row level security"
        self.own(*(switch.format(table, "disable") for table in tables))
        try:
            yield
        finally:
            self.own(*(switch.format(table, "enable") for table in tables))


async def make_place(
    database: Database, owner_url: str, policy: Policy, levels: tuple[str, ...]
) -> Place:
    """The place with the one document that Ann may read, and none that she may not."""
    async with database.app() as connection:
        people = [Person("ann@attack.example", "Ann"), Person("bob@attack.example", "Bob")]
        await replace_directory(connection, people, [])
        source = await connection.scalar(
            text("""
            insert into source (key, kind, classification_floor) values ('attack', 'push', 'public')
            on conflict (key) do update set kind = 'push' returning id""")
        )
        slots = [
            (await set_container_acl(connection, source, email, Acl.parse([email]))).slot_id
            for email in ("ann@attack.example", "bob@attack.example")
        ]
        ann = await connection.scalar(
            text("select id from principal where key = 'ann@attack.example'")
        )
        there = list(
            await connection.scalars(
                text("""
                select document_id from chunk_internal where slot_id = any (:slots)
                union select document_id from chunk_confidential where slot_id = any (:slots)
                union select document_id from chunk_regulated where slot_id = any (:slots)"""),
                {"slots": slots},
            )
        )
    place = Place(
        database,
        owner_url,
        levels,
        ScopeResolver(database, policy, 60),
        Account(ann, "ann@attack.example", "Ann", Role.EMPLOYEE),
        (slots[0], slots[1]),
    )
    await place.hide(there)
    await place.write("internal", OPEN, slots[0])
    return place
