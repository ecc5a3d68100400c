"""Open a transaction that reads text: under a scope sealed for the connection that reads.

The login that seals reads no text, and the login that reads cannot seal; a seal that is taken
from one connection to another opens nothing.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from app.db.direct import driver, one
from app.db.engine import Database, ReaderConnection
from app.domain.scope import Scope
from app.errors import DatabaseUnavailable, ScopeOutdated

_IDENTITY = "select this_connection() as identity"
_SEAL = "select seal_scope(%(payload)s) as sealed"
_SET = "select set_config('portcullis.scope', %(sealed)s, true)"
_REVISION = "select reading_revision()"


@dataclass(frozen=True, slots=True)
class Reading:
    """A read-only transaction of one snapshot, and the revision that this snapshot is of."""

    connection: ReaderConnection
    revision: int


@asynccontextmanager
async def reading(database: Database, scope: Scope) -> AsyncIterator[Reading]:
    """A transaction that sees what the scope may read, and nothing else.

    It is on the replica where there is one that has reached the scope's revision. Raises
    ScopeOutdated when the scope has expired, memberships changed since it was resolved, or the
    replica failed while it was read: a new scope is read elsewhere.
    """
    replica, opened = database.replica, False
    if replica is not None and replica.awake:
        try:
            async with database.reader(replica.engine) as connection:
                revision = await _bind(database, connection, scope)
                if revision is not None:
                    opened = True
                    yield Reading(connection, revision)
        except DatabaseUnavailable as error:
            replica.failed()
            if opened:
                raise ScopeOutdated from error
    if opened:
        return
    async with database.reader() as connection:
        revision = await _bind(database, connection, scope)
        if revision is None:
            raise ScopeOutdated
        yield Reading(connection, revision)


async def seal(database: Database, connection: ReaderConnection, scope: Scope) -> str:
    """The scope sealed for this connection."""
    known = connection.info
    if "identity" not in known:
        known["identity"] = (await one(connection, _IDENTITY)).identity
    payload = {
        "subject": scope.subject.account.principal_id,
        "set": scope.held,
        "classifications": scope.classifications,
        "purpose": scope.purpose,
        "revision": scope.revision,
        "expires": scope.expires_at.timestamp(),
        "connection": known["identity"],
    }
    async with database.glance() as app:
        row = await one(app, _SEAL, payload=json.dumps(payload, separators=(",", ":")))
    return str(row.sealed)


async def bind(connection: ReaderConnection, sealed: str) -> int | None:
    """Set a sealed scope for the transaction; the revision it reads, or None when it is refused."""
    raw = await driver(connection)
    # the transaction begins, takes the scope and tells its revision in one round trip
    async with raw.pipeline():
        await raw.execute(_SET, {"sealed": sealed})
        told = await raw.execute(_REVISION)
    row = await told.fetchone()
    return None if row is None or row[0] is None else int(row[0])


async def _bind(database: Database, connection: ReaderConnection, scope: Scope) -> int | None:
    return await bind(connection, await seal(database, connection, scope))
