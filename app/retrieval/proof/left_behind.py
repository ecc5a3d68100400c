"""Attempts to use later what a valid scope has left behind on a connection."""

from __future__ import annotations

from psycopg import sql
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.authz.reading import bind, seal
from app.db.engine import Database, Login, ReaderConnection
from app.retrieval.proof.attempt import (
    BY_ITSELF,
    NO_SUCH_CURSOR,
    NO_SUCH_RELATION,
    NO_SUCH_STATEMENT,
    composed,
    named,
    tried,
    visible,
)
from app.retrieval.proof.canary import Canary

_PID = text("select pg_backend_pid()")
_KEEP = text("select set_config('portcullis.scope', :sealed, false)")
_PREPARE = "prepare proof as {every}"
_EXECUTE = text("execute proof")
_VIEW = "create temp view proof_kept as {every}"
_SEE = text("select * from pg_temp.proof_kept")
_CURSOR = "declare proof_cursor cursor with hold for {every}"
_FETCH = text("fetch all from proof_cursor")


async def findings(database: Database, canary: Canary, tables: list[str]) -> list[str]:
    """What of a scope's text a later transaction sees, on the connection itself and after it
    went through the pool."""
    every = sql.SQL(" union all ").join(
        composed("select document_id from public.{t}", t=table) for table in tables
    )
    engine = database.engines[Login.READER]
    said = []
    async with engine.connect() as connection:
        await connection.execution_options(postgresql_readonly=False)
        pid = await connection.scalar(_PID)
        await connection.rollback()
        said += await _leave(database, connection, canary, every, tables)
        said += await _next_transaction(connection, tables)
        said += await _leave(database, connection, canary, every, tables, keep=True)
    async with engine.connect() as connection:
        await connection.execution_options(**BY_ITSELF)
        if await connection.scalar(_PID) != pid:
            return [*said, "no connection came back from the pool, so nothing is proven; try again"]
        said += await _after_the_pool(connection, tables)
    return said


async def _leave(
    database: Database,
    connection: AsyncConnection,
    canary: Canary,
    every: sql.Composed,
    tables: list[str],
    keep: bool = False,
) -> list[str]:
    """Make things under the canary's scope that outlive its transaction; with `keep` also those
    that hold rows or the scope itself, which only the pool's reset takes away."""
    async with connection.begin():
        reader = ReaderConnection(connection)
        sealed = await seal(database, reader, canary.scope)
        await bind(reader, sealed)
        if not keep:
            await connection.execute(named(_PREPARE, every=every))
            await connection.execute(named(_VIEW, every=every))
        else:
            await connection.execute(_KEEP, {"sealed": sealed})
            await connection.execute(named(_CURSOR, every=every))
        seen = await tried(connection, _EXECUTE)
    if seen != canary.rows:
        return [
            "a statement prepared under the canary's scope does not show the canary, so nothing"
            " is proven; restore the policies and readable_bits()"
        ]
    return []


async def _next_transaction(connection: AsyncConnection, tables: list[str]) -> list[str]:
    said = []
    async with connection.begin():
        for what, statement in (("prepared statement", _EXECUTE), ("temporary view", _SEE)):
            if await tried(connection, statement):
                said.append(
                    f"a {what} of an earlier scope shows text without one; restore the policies"
                )
        if await visible(connection, tables):
            said.append("a scope outlives its transaction; restore verified_scope()")
    return said


async def _after_the_pool(connection: AsyncConnection, tables: list[str]) -> list[str]:
    """What is left when the next request takes the connection from the pool."""
    said = []
    for what, statement, gone in (
        ("cursor", _FETCH, NO_SUCH_CURSOR),
        ("prepared statement", _EXECUTE, NO_SUCH_STATEMENT),
        ("temporary view", _SEE, NO_SUCH_RELATION),
    ):
        if await tried(connection, statement, gone) is not None:
            said.append(
                f"a {what} of an earlier request is left on a pooled connection;"
                " see app/db/reset.py"
            )
    if await visible(connection, tables):
        said.append("a pooled connection keeps an earlier request's scope; see app/db/reset.py")
    return said
