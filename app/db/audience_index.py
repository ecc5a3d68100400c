"""Make and drop the indexes of audiences, as the database's owner: reads and writes go on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import AsyncConnection, sql
from sqlalchemy import make_url

from app.db.audiences import Audience, Slots, index_name, predicate
from app.errors import ConfigurationError, Conflict, DatabaseUnavailable

LOCK = 7_305_118  # any number but the migrations': one keeper at a time per database
PAUSE = 2.0
"""Seconds from when an index is not to be searched any more to when it is dropped, for searches
that have begun."""
NEIGHBOURS, CARE = 32, 100
"""Of the graph: how many neighbours a chunk has on each layer, and how many candidates they are
chosen from (pgvector's `m` and `ef_construction`). Half the neighbours build in half the time, and
then a walk has to be twice as broad for the same recall."""

_ADD = """
insert into audience (principal_id, classification, slots, counts)
values (%(principal)s, %(level)s, cast(%(slots)s as bit varying), %(counts)s) returning id
"""
_STATE = "update audience set state = %(state)s, made_at = clock_timestamp() where id = %(id)s"
_COUNT = "update audience set counts = %(counts)s, counted_at = clock_timestamp() where id = %(id)s"
_FORGET = "delete from audience where id = %(id)s"
_STRAY = """
select c.relname as name from pg_class c
 where c.relkind = 'i' and c.relnamespace = 'public'::regnamespace and c.relname ~ '^audience_\\d+$'
   and c.relname not in (select 'audience_' || id from audience)
"""
# Of how many rows a table has, an estimate is enough to look closer.
_ANYTHING = """
select exists (select from audience)
    or (%(threshold)s > 0 and exists (
         select from pg_class c
          where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
            and c.relname ~ '^chunk_' and c.reltuples >= %(threshold)s))
"""
_NOT_THE_OWNERS = (
    "PORTCULLIS_DATABASE_URL must name the owner of a database with this version's schema;"
    " `portcullis doctor` says which it has"
)


@dataclass(frozen=True)
class Owner:
    """A connection of the owner's that keeps the indexes; nobody else does at the same time."""

    connection: AsyncConnection[Any]

    async def make(self, principal_id: int, level: str, slots: Slots) -> int:
        """Build an index over these slots, beside readers and writers; its audience's id.

        Raises psycopg's error when Postgres cannot, and leaves nothing of it.
        """
        packed = slots.packed
        made = await self.connection.execute(
            _ADD,
            {"principal": principal_id, "level": level, "slots": f"x{packed.hex()}",
             "counts": slots.counts.tolist()},
        )  # fmt: skip
        [id_] = await made.fetchone() or [0]
        build = sql.SQL(
            "create index concurrently {name} on {chunks} using hnsw"
            " (embedding halfvec_cosine_ops) with (m = {m}, ef_construction = {care})"
            " where {slots}"
        ).format(
            name=sql.Identifier(index_name(id_)),
            chunks=sql.Identifier(f"chunk_{level}"),
            m=sql.Literal(NEIGHBOURS),
            care=sql.Literal(CARE),
            slots=predicate(packed),
        )
        try:
            await self.connection.execute(build)
        except psycopg.Error:
            await self.drop(id_, at_once=True)
            raise
        await self.connection.execute(_STATE, {"id": id_, "state": "ready"})
        return int(id_)

    async def drop(self, audience_id: int, *, at_once: bool = False) -> None:
        """Searches use it no more from now on, and then it is gone; `at_once` where none did."""
        await self.connection.execute(_STATE, {"id": audience_id, "state": "ending"})
        if not at_once:
            await asyncio.sleep(PAUSE)
        await self._drop(index_name(audience_id))
        await self.connection.execute(_FORGET, {"id": audience_id})

    async def count(self, audience: Audience, slots: Slots) -> None:
        """Note how many chunks are in its slots now; `slots` are the same."""
        await self.connection.execute(_COUNT, {"id": audience.id, "counts": slots.counts.tolist()})

    async def drop_strays(self) -> None:
        """Drop indexes that no audience is known for."""
        found = await self.connection.execute(_STRAY)
        for [name] in await found.fetchall():
            await self._drop(name)

    async def _drop(self, name: str) -> None:
        await self.connection.execute(
            sql.SQL("drop index concurrently if exists {}").format(sql.Identifier(name))
        )


@asynccontextmanager
async def as_owner(owner_url: str, memory: int | None = None) -> AsyncIterator[Owner]:
    """`memory`, in MB, is what a build may take; None: what the server says.

    Raises ConfigurationError when the URL is not the owner's, Conflict while somebody else keeps
    the indexes, and DatabaseUnavailable.
    """
    words = make_url(owner_url).set(drivername="postgresql")
    try:
        async with await AsyncConnection.connect(
            words.render_as_string(hide_password=False), autocommit=True
        ) as connection:
            may = await connection.execute("select has_table_privilege('audience', 'insert')")
            if not (await may.fetchone() or [False])[0]:
                raise ConfigurationError(_NOT_THE_OWNERS)
            # a build whose keeper is gone ends
            await connection.execute("set client_connection_check_interval = '5s'")
            if memory is not None:
                await connection.execute(
                    "select set_config('maintenance_work_mem', %s, false)", [f"{memory}MB"]
                )
            got = await connection.execute("select pg_try_advisory_lock(%s)", [LOCK])
            if not (await got.fetchone() or [False])[0]:
                raise Conflict("somebody else keeps the indexes of this database already")
            yield Owner(connection)
    except psycopg.OperationalError as error:
        raise DatabaseUnavailable from error
    except psycopg.errors.UndefinedTable as error:
        raise ConfigurationError(_NOT_THE_OWNERS) from error


def anything_to_keep(owner_url: str, threshold: int) -> bool:
    """Whether a keeper would have something to do, or soon may. Raises DatabaseUnavailable."""
    words = make_url(owner_url).set(drivername="postgresql")
    try:
        with psycopg.connect(
            words.render_as_string(hide_password=False), connect_timeout=3
        ) as connection:
            found = connection.execute(_ANYTHING, {"threshold": threshold}).fetchone()
    except psycopg.OperationalError as error:
        raise DatabaseUnavailable from error
    return bool(found and found[0])
