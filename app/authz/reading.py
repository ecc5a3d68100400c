"""Open a transaction that reads text: under a scope sealed for the connection that reads.

The login that seals reads no text, and the login that reads cannot seal; a seal that is taken
from one connection to another opens nothing.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from psycopg import ProgrammingError

from app.db.codes import Changes
from app.db.direct import driver, one
from app.db.engine import Database, ReaderConnection
from app.domain.scope import Scope
from app.errors import DatabaseUnavailable, ScopeOutdated

_IDENTITY = "select this_connection() as identity"
_SEAL = "select seal_scope(%(payload)s) as sealed"
_SET = "select set_config('portcullis.scope', %(sealed)s, true)"
_REVISION = "select reading_revision()"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A scope, and its seal for one connection. `changes` of chunks: as of when it was sealed, if
    they were asked for."""

    scope: Scope
    text: str
    changes: Changes | None = None


Sealing = Callable[[str], Awaitable[Sealed]]
"""Seals a scope for the connection that is named."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A read-only transaction of one snapshot that sees what the scope may read, and nothing else;
    `revision` is what this snapshot is of. `changes` of chunks were asked for just before."""

    connection: ReaderConnection
    scope: Scope
    revision: int
    changes: Changes | None


@asynccontextmanager
async def reading(database: Database, scope: Scope) -> AsyncIterator[Reading]:
    """As `opened`, under a scope that was resolved before."""

    async def sealing(identity: str) -> Sealed:
        return Sealed(scope, await _sealed(database, scope, identity))

    async with opened(database, sealing) as read:
        yield read


@asynccontextmanager
async def opened(database: Database, sealing: Sealing) -> AsyncIterator[Reading]:
    """A transaction under a scope that is sealed for its connection.

    It is on the replica where there is one that has reached the scope's revision, and with it the
    schema of then. Raises ScopeOutdated when the scope has expired, memberships changed since it
    was resolved, or the replica failed while it was read: a new scope is read elsewhere.
    """
    replica, began = database.replica, False
    if replica is not None and replica.awake:
        try:
            async with database.reader(replica.engine) as connection:
                read = await _open(connection, sealing)
                if read is not None:
                    began = True
                    yield read
        except DatabaseUnavailable as error:
            replica.failed()
            if began:
                raise ScopeOutdated from error
        except ProgrammingError:
            if began:
                raise
            # it lags behind a change of the schema, so far that it cannot even be asked
            replica.failed()
    if began:
        return
    async with database.reader() as connection:
        read = await _open(connection, sealing)
        if read is None:
            raise ScopeOutdated
        yield read


async def seal(database: Database, connection: ReaderConnection, scope: Scope) -> str:
    """The scope sealed for this connection."""
    return await _sealed(database, scope, await identity_of(connection))


def payload(scope: Scope, identity: str) -> str:
    """What a seal is made over, for the connection of that name."""
    said: dict[str, Any] = {
        "subject": scope.subject.account.principal_id,
        "set": scope.held,
        "classifications": scope.classifications,
        "purpose": scope.purpose,
        "revision": scope.revision,
        "expires": scope.expires_at.timestamp(),
        "connection": identity,
    }
    return json.dumps(said, separators=(",", ":"))


async def identity_of(connection: ReaderConnection) -> str:
    """The name by which a seal knows the connection; asked for once in its life."""
    known = connection.info
    if "identity" not in known:
        known["identity"] = (await one(connection, _IDENTITY)).identity
    return str(known["identity"])


async def bind(connection: ReaderConnection, sealed: str) -> int | None:
    """Set a sealed scope for the transaction; the revision it reads, or None when it is refused."""
    raw = await driver(connection)
    # the transaction begins, takes the scope and tells its revision in one round trip
    async with raw.pipeline():
        await raw.execute(_SET, {"sealed": sealed})
        told = await raw.execute(_REVISION)
    row = await told.fetchone()
    return None if row is None or row[0] is None else int(row[0])


async def _sealed(database: Database, scope: Scope, identity: str) -> str:
    async with database.glance() as app:
        return str((await one(app, _SEAL, payload=payload(scope, identity))).sealed)


async def _open(connection: ReaderConnection, sealing: Sealing) -> Reading | None:
    sealed = await sealing(await identity_of(connection))
    revision = await bind(connection, sealed.text)
    if revision is None:
        return None
    return Reading(connection, sealed.scope, revision, sealed.changes)
