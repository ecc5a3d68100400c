"""Prove that the database enforces the scope, or say what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from psycopg import Error
from sqlalchemy.exc import DBAPIError

from app.db.engine import Database
from app.retrieval.proof import bad_seals, canary, catalog, left_behind, policies, without_scope

Connect = Callable[[], Database]
"""Opens connections that are the proof's own: what it tries there disturbs no request."""


async def look(connect: Connect, levels: Sequence[str]) -> tuple[str, ...]:
    """What is wrong, as sentences for an operator; none: the database enforces the scope.

    Raises DatabaseUnavailable. It plants the canary where it is missing and changes nothing else.
    """
    database = connect()
    try:
        said = await catalog.findings(database, levels)
        try:
            said += await _attempts(database, levels)
        except (DBAPIError, Error) as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            said.append(
                "an attempt to read what is forbidden could not be made"
                f" ({type(cause).__name__}, SQLSTATE {getattr(cause, 'sqlstate', None)}), so"
                " nothing is proven; put right what else is found, then see Postgres' log"
            )
        except LookupError:
            said.append(
                "the canary's slot is gone, so nothing is proven; restore the row of acl_slot with"
                " canary = true and its grant to the service _canary"
            )
    finally:
        await database.close()
    return tuple(dict.fromkeys(said))


async def _attempts(database: Database, levels: Sequence[str]) -> list[str]:
    await canary.plant(database, levels)
    planted = await canary.find(database, levels)
    async with database.app() as connection:
        tables = await policies.text_tables(connection)
    return [
        *await without_scope.findings(database, tables),
        *await bad_seals.findings(database, planted, tables),
        *await left_behind.findings(database, planted, tables),
    ]
