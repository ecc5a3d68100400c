"""Changes through the product's own doors, each written down by its own transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from app.authz.directory import Group, Person, replace_directory
from app.catalog.documents import delete_document, replace_container_acl, replace_document_acl
from app.db.engine import AppConnection, Database, IngestConnection
from app.domain.acl import Acl as ProductAcl
from app.domain.document import Chunk, EmbeddedChunk, Rendition, SourceItem
from app.domain.source import Source
from app.errors import DatabaseUnavailable, NotFound
from evals.ground.reference import Acl
from evals.suites.revocation.log import (
    Change,
    Deleted,
    Directory,
    FolderAcl,
    History,
    Operation,
    OwnAcl,
    Written,
)
from ingestion.classify import Stated
from ingestion.index import Indexer
from ingestion.work import Work

PIECES = 3
VECTOR = (1.0, *([0.0] * 383))
NEWEST = 1 << 40
"""Work that knows every ACL there was: its own holds."""

WITNESS = """
create table if not exists witness (operation bigint primary key, revision bigint not null);
grant insert on witness to portcullis_app, portcullis_ingest;
"""
_WITNESS = text("insert into witness select :operation, value from revision_counter")
_ENTER = text("""
insert into document (source_id, external_id) values (:source, :name)
on conflict (source_id, external_id) do update set external_id = excluded.external_id
returning id
""")

_under_way: ContextVar[Operation | None] = ContextVar("under_way", default=None)


class Witnessed(Database):
    """A transaction that changes something also says so, and at which revision."""

    @asynccontextmanager
    async def app(self) -> AsyncIterator[AppConnection]:
        async with super().app() as connection:
            yield connection
            await _say(connection)

    @asynccontextmanager
    async def ingest(self) -> AsyncIterator[IngestConnection]:
        async with super().ingest() as connection:
            yield connection
            await _say(connection)


async def _say(connection: AppConnection | IngestConnection) -> None:
    operation = _under_way.get()
    if operation is not None:
        await connection.execute(_WITNESS, {"operation": operation.number})


@dataclass
class Doors:
    """`people` are the e-mail addresses of the directory."""

    database: Witnessed
    history: History
    source: Source
    levels: tuple[str, ...]
    people: list[str]

    async def apply(self, change: Change, *, surely: bool = False) -> bool:
        """Make one change, and keep what became of it. False when nobody knows, or when its
        document is not there; with `surely`, repeated until it is acknowledged."""
        while True:
            try:
                done = await self._once(change)
            except DatabaseUnavailable:
                done = False
            if done or not surely:
                return done

    async def _once(self, change: Change) -> bool:
        work = await self._prepare(change)
        operation = self.history.begin(change)
        mark = _under_way.set(operation)
        done = False
        try:
            operation.acknowledged = await work()
            done = True
        except NotFound:
            return False
        finally:
            _under_way.reset(mark)
            self.history.leave(operation, acknowledged=done)
        return done

    async def _prepare(self, change: Change) -> Callable[[], Awaitable[int | None]]:
        database, source = self.database, self.source
        match change:
            case Directory(members):
                return lambda: self._directory(members)
            case FolderAcl(folder, acl):
                return lambda: _revision(
                    replace_container_acl(database, source, folder, _product(acl))
                )
            case OwnAcl(name, acl):
                return lambda: _revision(
                    replace_document_acl(database, self.levels, source, name, _product(acl))
                )
            case Deleted(name):
                return lambda: delete_document(database, self.levels, source, name)
            case Written():
                work = await self._work(change)
                return lambda: self._index(work, change)

    async def _directory(self, members: dict[str, frozenset[str]]) -> int:
        people = [Person(email, email) for email in self.people]
        groups = [
            Group(key.removeprefix("group:"), sorted(inside)) for key, inside in members.items()
        ]
        async with self.database.app() as connection:
            return (await replace_directory(connection, people, groups)).revision

    async def _work(self, change: Written) -> Work:
        async with self.database.app() as connection:
            document = await connection.scalar(
                _ENTER, {"source": self.source.id, "name": change.document}
            )
        assert document is not None
        item = SourceItem(
            self.source.key, change.document, change.document, "", "text/plain", b"",
            container=change.folder, acl=None if change.acl is None else _product(change.acl),
        )  # fmt: skip
        return Work(self.source.id, document, item, Stated(), "", acl_sequence=NEWEST)

    async def _index(self, work: Work, change: Written) -> None:
        name, version = change.document, change.version
        chunks = [
            EmbeddedChunk(
                Chunk(i, "", None, f"{name} v{version} {i + 1}/{PIECES} harbour crane"), VECTOR
            )
            for i in range(PIECES)
        ]
        rendition = Rendition(change.level, name, (), {}, ())
        if not await Indexer(self.database, self.levels).index(work, rendition, chunks):
            raise NotFound


async def _revision(change: Awaitable[Any]) -> int:
    return int((await change).revision)


def _product(acl: Acl) -> ProductAcl:
    return ProductAcl.parse(sorted(acl.allow), sorted(acl.deny))
