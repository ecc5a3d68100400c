"""One engine per database login, each with only the rights of its job.

Nobody switches roles inside a connection: what a statement may do is decided by the login that
it arrives on. A transaction is typed by its login, so a function that needs one says which.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

import psycopg
from sqlalchemy import make_url
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from app.db.alive import replace_dead
from app.db.enforcement import Enforcement
from app.db.replica import Replica
from app.db.reset import end_reading, read_only, reset_on_return
from app.errors import DatabaseUnavailable

_TOO_MUCH = "54"
"""The class of errors for what is larger than Postgres takes: trying again does not help."""


class Login(StrEnum):
    """The database's logins. `APP` manages, `READER` reads chunk text under a sealed scope,
    `INGEST` writes it without reading it, `CODES` reads the codes of vectors, `AUDITOR` reads
    records."""

    APP = "portcullis_app"
    READER = "portcullis_reader"
    INGEST = "portcullis_ingest"
    CODES = "portcullis_codes"
    AUDITOR = "portcullis_auditor"


AppConnection = NewType("AppConnection", AsyncConnection)
SnapshotConnection = NewType("SnapshotConnection", AppConnection)
ReaderConnection = NewType("ReaderConnection", AsyncConnection)
IngestConnection = NewType("IngestConnection", AsyncConnection)
CodesConnection = NewType("CodesConnection", AsyncConnection)
AuditorConnection = NewType("AuditorConnection", AsyncConnection)


@dataclass(frozen=True)
class Database:
    """The engines of one process. Each context manager below is one transaction: committed at
    its end, rolled back on an error. Raises DatabaseUnavailable when Postgres does not answer."""

    engines: dict[Login, AsyncEngine]
    glances: AsyncEngine
    replica: Replica | None = None
    enforcement: Enforcement = field(default_factory=Enforcement)

    @classmethod
    def connect(
        cls,
        url: str,
        passwords: dict[Login, str],
        pool_size: int = 8,
        replica_url: str | None = None,
    ) -> Database:
        """`url` names server and database; its own user is not used here. `replica_url` names a
        copy that follows it, on which readers read where it is fresh enough."""

        def engine(
            url: str, login: Login, patience: int = 5, *, single: bool = False
        ) -> AsyncEngine:
            reads = login in (Login.READER, Login.CODES)
            made = create_async_engine(
                make_url(url).set(
                    drivername="postgresql+psycopg",
                    username=login.value,
                    password=passwords[login],
                ),
                pool_size=pool_size,
                # one snapshot for all that a request reads: what it sees is of one revision
                isolation_level="REPEATABLE READ"
                if reads
                else "AUTOCOMMIT"
                if single
                else "READ COMMITTED",
                # the parameters of a failed statement may be a document's text
                hide_parameters=True,
                # psycopg would prepare a statement at its sixth run, and the generic plan
                # picks the wrong index for array parameters. Single statements have no choice of
                # plans, and are planned once.
                connect_args={
                    "prepare_threshold": 0 if single else None,
                    "connect_timeout": patience,
                },
                # what reads text is reset by ourselves, and of more than a transaction
                pool_reset_on_return=None if reads or single else "rollback",
            )
            replace_dead(made)
            if reads:
                read_only(made)
                reset_on_return(made)
            return made

        return cls(
            {login: engine(url, login) for login in Login},
            engine(url, Login.APP, single=True),
            # the primary can do what the replica does: not worth waiting for
            Replica(engine(replica_url, Login.READER, patience=2)) if replica_url else None,
        )

    async def close(self) -> None:
        for engine in self.engines.values():
            await engine.dispose()
        await self.glances.dispose()
        if self.replica is not None:
            await self.replica.engine.dispose()

    @asynccontextmanager
    async def app(self) -> AsyncIterator[AppConnection]:
        async with self._transaction(self.engines[Login.APP]) as connection:
            yield AppConnection(connection)

    @asynccontextmanager
    async def glance(self) -> AsyncIterator[AppConnection]:
        """Single statements of the same login, each a transaction of its own: without the round
        trips that begin and end one."""
        async with self._transaction(self.glances) as connection:
            yield AppConnection(connection)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[SnapshotConnection]:
        """A read-only transaction of the same login: all its statements see one moment."""
        engine = self.engines[Login.APP].execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        async with self._transaction(engine) as connection:
            yield SnapshotConnection(AppConnection(connection))

    @asynccontextmanager
    async def ingest(self) -> AsyncIterator[IngestConnection]:
        async with self._transaction(self.engines[Login.INGEST]) as connection:
            yield IngestConnection(connection)

    @asynccontextmanager
    async def codes(self) -> AsyncIterator[CodesConnection]:
        async with self._transaction(self.engines[Login.CODES]) as connection:
            yield CodesConnection(connection)

    @asynccontextmanager
    async def auditor(self) -> AsyncIterator[AuditorConnection]:
        async with self._transaction(self.engines[Login.AUDITOR]) as connection:
            yield AuditorConnection(connection)

    @asynccontextmanager
    async def reader(self, engine: AsyncEngine | None = None) -> AsyncIterator[ReaderConnection]:
        """A read-only transaction that sees no text until a scope is set that was sealed for its
        connection (`app.authz.reading`). `engine` is the primary's unless another is named. Raises
        EnforcementBroken while the last proof says that the database does not see to that."""
        self.enforcement.require()
        async with self._transaction(engine or self.engines[Login.READER]) as connection:
            yield ReaderConnection(connection)
            await end_reading(connection)

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        try:
            async with engine.begin() as connection:
                yield connection
        except (OperationalError, InterfaceError) as error:
            if (getattr(error.orig, "sqlstate", None) or "").startswith(_TOO_MUCH):
                raise
            raise DatabaseUnavailable from error
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:  # of `app.db.direct`
            raise DatabaseUnavailable from error
