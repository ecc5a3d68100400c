"""Try a statement, and say what came of it."""

from __future__ import annotations

from typing import Any

from psycopg import AsyncConnection as Driver
from psycopg import Error, sql
from sqlalchemy import TextClause, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

BY_ITSELF = {"isolation_level": "AUTOCOMMIT", "postgresql_readonly": False}
"""How a connection tries: each statement alone, and writing where it may."""
NO_PERMISSION = frozenset({"42501"})
NO_SUCH_STATEMENT = frozenset({"26000"})
NO_SUCH_CURSOR = frozenset({"34000"})
NO_SUCH_RELATION = frozenset({"42P01"})


def named(template: str, **names: str | sql.Composable) -> TextClause:
    """A statement with names in it, quoted as names: tables and columns cannot be parameters."""
    return text(composed(template, **names).as_string(None))


def composed(template: str, **names: str | sql.Composable) -> sql.Composed:
    parts = {k: sql.Identifier(v) if isinstance(v, str) else v for k, v in names.items()}
    return sql.SQL(template).format(**parts)


async def tried(
    connection: AsyncConnection,
    statement: TextClause,
    refusals: frozenset[str] = NO_PERMISSION,
    **parameters: Any,
) -> int | None:
    """How many rows a statement shows; None when it is refused with one of the SQLSTATEs.

    Any other error is raised: an attempt that fails for another reason proves nothing. After a
    refusal a transaction is over, so a connection that expects one commits by itself.
    """
    try:
        result = await connection.execute(statement, parameters)
        return len(result.fetchall()) if result.returns_rows else 0
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) in refusals:
            return None
        raise


async def copied(connection: AsyncConnection, table: str) -> int | None:
    """The same for COPY TO STDOUT, which goes around SELECT's own path."""
    raw = await connection.get_raw_connection()
    driver = raw.driver_connection
    assert isinstance(driver, Driver)
    rows = 0
    try:
        statement = composed("copy public.{table} to stdout", table=table)
        async with driver.cursor() as cursor, cursor.copy(statement) as copy:
            async for _ in copy:
                rows += 1
    except Error as error:
        if error.sqlstate in NO_PERMISSION:
            return None
        raise
    return rows


async def visible(connection: AsyncConnection, tables: list[str]) -> int:
    """How many rows of text a reader's transaction shows in all."""
    counts = [composed("(select count(*) from public.{table})", table=table) for table in tables]
    statement = sql.SQL("select ") + sql.SQL(" + ").join(counts)
    return int((await connection.execute(text(statement.as_string(None)))).scalar_one())
