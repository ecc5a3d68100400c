"""Statements of the hot path, straight on the driver.

SQLAlchemy keeps the connections and their transactions; what it does for one statement takes as
long as Postgres takes for a short one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, LiteralString

from psycopg import AsyncConnection, sql
from psycopg.rows import namedtuple_row
from sqlalchemy.ext.asyncio import AsyncConnection as Connection

Query = LiteralString | sql.Composed
Statement = tuple[Query, Mapping[str, Any]]
"""With its parameters."""


async def driver(connection: Connection) -> AsyncConnection[Any]:
    """The driver's connection under this one, in the same transaction."""
    raw = (await connection.get_raw_connection()).driver_connection
    assert isinstance(raw, AsyncConnection)
    return raw


async def every(connection: Connection, query: Query, /, **parameters: Any) -> list[Any]:
    """The rows of a statement, as named tuples. Raises what psycopg does; the contexts of
    `app.db.engine` make DatabaseUnavailable of a connection that broke."""
    async with (await driver(connection)).cursor(row_factory=namedtuple_row) as cursor:
        return await (await cursor.execute(query, parameters)).fetchall()


async def together(connection: Connection, *statements: Statement) -> list[list[Any]]:
    """The rows of each statement, sent in one round trip; one that fails is that of all."""
    raw = await driver(connection)
    async with raw.pipeline():
        cursors = [
            await raw.cursor(row_factory=namedtuple_row).execute(query, parameters)
            for query, parameters in statements
        ]
    return [await cursor.fetchall() for cursor in cursors]


async def one(connection: Connection, query: Query, /, **parameters: Any) -> Any:
    """The only row of a statement, as a named tuple."""
    [row] = await every(connection, query, **parameters)
    return row
