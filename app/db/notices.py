"""Hear from the database itself, on a connection of its own, of what somebody notifies: every raise
of the revision and every end of a token, and questions of the live check."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

import psycopg
from psycopg import sql

from app.db.engine import Database, Login
from app.errors import DatabaseUnavailable

CHANNEL = "portcullis_revision"
# a server that went away without a word is noticed after some ten seconds
_PATIENCE = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}


async def revision_notices(database: Database) -> AsyncGenerator[None]:
    """Once when it listens, since changes before that were not heard; then once a committed
    raise or revoked token. Raises DatabaseUnavailable when the connection cannot be made or
    ends."""
    async with aclosing(notices(database, Login.APP, CHANNEL)) as heard:
        async for _ in heard:
            yield


async def notices(database: Database, login: Login, channel: str) -> AsyncGenerator[None]:
    """Once when it listens, then once a notice. Raises DatabaseUnavailable as above."""
    engine = database.engines[login]
    _, address = engine.dialect.create_connect_args(engine.url)
    try:
        connection = await psycopg.AsyncConnection.connect(
            **{**address, **_PATIENCE}, autocommit=True
        )
        async with connection:
            await connection.execute(sql.SQL("listen {}").format(sql.Identifier(channel)))
            yield
            async for _ in connection.notifies():
                yield
    except psycopg.Error as error:
        raise DatabaseUnavailable from error
