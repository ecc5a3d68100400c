"""Hear of every raise of the revision and every end of a token from the database itself, on a
connection of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import psycopg

from app.db.engine import Database, Login
from app.errors import DatabaseUnavailable

CHANNEL = "portcullis_revision"
_LISTEN = f"listen {CHANNEL}"
# a server that went away without a word is noticed after some ten seconds
_PATIENCE = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}


async def revision_notices(database: Database) -> AsyncIterator[None]:
    """Once when it listens, since changes before that were not heard; then once a committed
    raise or revoked token. Raises DatabaseUnavailable when the connection cannot be made or
    ends."""
    engine = database.engines[Login.APP]
    _, address = engine.dialect.create_connect_args(engine.url)
    try:
        connection = await psycopg.AsyncConnection.connect(
            **{**address, **_PATIENCE}, autocommit=True
        )
        async with connection:
            await connection.execute(_LISTEN)
            yield
            async for _ in connection.notifies():
                yield
    except psycopg.Error as error:
        raise DatabaseUnavailable from error
