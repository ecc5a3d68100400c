"""Open a transaction that reads text: under a scope sealed for the connection that reads.

The login that seals reads no text, and the login that reads cannot seal; a seal that is taken
from one connection to another opens nothing.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from app.db.engine import Database, ReaderConnection
from app.domain.scope import Scope
from app.errors import DatabaseUnavailable, ScopeOutdated

_IDENTITY = text("select this_connection()")
_SEAL = text("select seal_scope(:payload)")
_BIND = text("""
with bound as materialized (select set_config('portcullis.scope', :sealed, true) as scope)
select reading_revision() as revision from bound where scope is not null
""")


@dataclass(frozen=True, slots=True)
class Reading:
    """A read-only transaction of one snapshot, and the revision that this snapshot is of."""

    connection: ReaderConnection
    revision: int


@asynccontextmanager
async def reading(database: Database, scope: Scope) -> AsyncIterator[Reading]:
    """A transaction that sees what the scope may read, and nothing else.

    It is on the replica where there is one that has reached the scope's revision, and with it the
    schema of then. Raises ScopeOutdated when the scope has expired, memberships changed since it
    was resolved, or the replica failed while it was read: a new scope is read elsewhere.
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
        except ProgrammingError:
            if opened:
                raise
            # it lags behind a change of the schema, so far that it cannot even be asked
            replica.failed()
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
        known["identity"] = await connection.scalar(_IDENTITY)
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
        sealed = await app.scalar(_SEAL, {"payload": json.dumps(payload, separators=(",", ":"))})
    return str(sealed)


async def bind(connection: ReaderConnection, sealed: str) -> int | None:
    """Set a sealed scope for the transaction; the revision it reads, or None when it is refused."""
    revision = await connection.scalar(_BIND, {"sealed": sealed})
    return None if revision is None else int(revision)


async def _bind(database: Database, connection: ReaderConnection, scope: Scope) -> int | None:
    return await bind(connection, await seal(database, connection, scope))
