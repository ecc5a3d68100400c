"""Attempts without any scope: by the logins that never read text, and by the one that does."""

from __future__ import annotations

import json
from typing import Any

from psycopg import sql
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.engine import Database, Login
from app.retrieval.proof.attempt import BY_ITSELF, composed, copied, named, tried, visible
from app.retrieval.proof.policies import level_of

_OWNER = text("""
select pg_get_userbyid(relowner) from pg_class where oid = to_regclass('public.seal_key')
""")
_STATISTICS = text("""
select 1 from pg_stats where schemaname = 'public' and tablename = any (cast(:names as text[]))
""")
_RAW_STATISTICS = text("select 1 from pg_statistic limit 1")
_BITS = text("select 1 where position('1' in cast(readable_bits(:level) as text)) > 0")
# whatever lacks a word that nothing has
_WORDS = text("select 1 from matching_chunks(:level, cast('!proof0proof' as tsquery), 1)")
SECRET = {"chunk": ("text", "heading", "embedding", "terms"), "rendition": ("title", "evidence")}
"""What those who write and move rows may not see of them."""


async def findings(database: Database, tables: list[str]) -> list[str]:
    """What a login reads of `tables` though it has no scope."""
    async with database.app() as connection:
        owner = str(await connection.scalar(_OWNER))
    said = []
    for login in Login:
        async with database.engines[login].connect() as connection:
            await connection.execution_options(**BY_ITSELF)
            if login is Login.READER:
                said += await _by_the_reader(connection, tables)
                said += await _by_way_of_own_things(connection, tables)
            else:
                for table in tables:
                    said += await _by_another(connection, login, table)
            said += await _as_others(connection, login, owner)
            said += await _statistics(connection, login, tables)
    return said


async def _by_another(connection: AsyncConnection, login: Login, table: str) -> list[str]:
    """Each of these has to be refused, whether or not it would show a row."""
    words = SECRET[table.partition("_")[0]]
    every = [
        *(named("select {c} from public.{t} limit 1", c=name, t=table) for name in words),
        named("delete from public.{t} where false returning {c}", c=words[0], t=table),
        named("select t from public.{t} t limit 1", t=table),
    ]
    if login is Login.AUDITOR:
        every += [
            named("select count(*) from public.{t}", t=table),
            named("select 1 from public.{t} limit 1", t=table),
        ]
    said = [
        f"{login} is not refused `{statement}`; revoke what lets it read {table}"
        for statement in every
        if await tried(connection, statement) is not None
    ]
    if await copied(connection, table) is not None:
        said.append(f"{login} may copy {table}; revoke what lets it read {table}")
    return said


async def _by_the_reader(connection: AsyncConnection, tables: list[str]) -> list[str]:
    said = []
    if await visible(connection, tables):
        said.append("portcullis_reader counts rows of text without a scope")
    for table in tables:
        every = (
            named("select * from public.{t} limit 1", t=table),
            named("select 1 from public.{t} limit 1", t=table),
        )
        if any([await tried(connection, statement) for statement in every]):
            said.append(f"portcullis_reader reads {table} without a scope")
        if await copied(connection, table):
            said.append(f"portcullis_reader copies {table} without a scope")
        explained = named("explain (analyze, format json) select * from public.{t}", t=table)
        if _rows(await connection.scalar(explained)):
            said.append(f"a plan tells portcullis_reader rows of {table} without a scope")
        if await tried(connection, _BITS, level=level_of(table)):
            said.append(f"readable_bits opens {level_of(table)} without a scope")
        if await tried(connection, _WORDS, level=level_of(table)):
            said.append(f"matching_chunks finds chunks of {level_of(table)} without a scope")
    return [f"{finding}; restore its policy and the function it calls" for finding in said]


def _rows(plan: Any) -> float:
    """The rows that the statement of an analysed plan gave."""
    parsed = json.loads(plan) if isinstance(plan, str) else plan
    return float(parsed[0]["Plan"]["Actual Rows"])


async def _as_others(connection: AsyncConnection, login: Login, owner: str) -> list[str]:
    """Nobody becomes somebody else inside a connection."""
    others = [*(one.value for one in Login if one is not login), owner]
    every = {
        other: [
            named("set local role {other}", other=other),
            named("set local session authorization {other}", other=other),
        ]
        for other in others
    }
    return [
        f"{login} becomes {other} by `{statement}`; end what makes it a member of {other} or a"
        " superuser"
        for other, statements in every.items()
        for statement in statements
        if await tried(connection, statement) is not None
    ]


async def _statistics(connection: AsyncConnection, login: Login, tables: list[str]) -> list[str]:
    """The planner keeps common values of columns: words of the text."""
    said = []
    if await tried(connection, _STATISTICS, names=tables):
        said.append(
            f"{login} reads statistics of tables of text in pg_stats; restore their row-level"
            " security"
        )
    if await tried(connection, _RAW_STATISTICS) is not None:
        said.append(
            f"{login} may read pg_statistic; take from it the role or the grant that lets it"
        )
    return said


async def _by_way_of_own_things(connection: AsyncConnection, tables: list[str]) -> list[str]:
    """Views and functions that the reader makes for itself run with its own rights."""
    said = []
    for number, table in enumerate(tables):
        view, function = f"proof_view_{number}", f"proof_function_{number}"
        body = composed("select 1 from public.{t}", t=table).as_string(None)
        made = [
            await tried(connection, statement) is not None
            for statement in (
                named("create temp view {v} as select * from public.{t}", v=view, t=table),
                named(
                    "create function pg_temp.{f}() returns setof integer language sql"
                    " security definer as {body}",
                    f=function,
                    body=sql.Literal(body),
                ),
            )
        ]
        shown = [
            made[0] and await tried(connection, named("select * from pg_temp.{v}", v=view)),
            made[1] and await tried(connection, named("select pg_temp.{f}()", f=function)),
        ]
        if any(shown):
            said.append(
                f"a view or function of its own shows portcullis_reader {table} without a scope;"
                " restore its policy and the function it calls"
            )
    return said
