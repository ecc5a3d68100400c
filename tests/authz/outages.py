"""Take from a watch what it stands on, and give it back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import make_url, text

from app.db.engine import Database
from app.db.notices import CHANNEL
from app.runtime.postgres import EmbeddedPostgres

_LISTENERS = text("""
select pid from pg_stat_activity
 where datname = current_database() and lower(query) = :listen and usename = current_user
""")


def owner_connection(owner_url: str) -> psycopg.Connection[Any]:
    url = make_url(owner_url).set(drivername="postgresql")
    return psycopg.connect(url.render_as_string(hide_password=False))


async def listener(database: Database) -> int:
    """The server process of the connection that listens, as soon as there is one."""
    async with asyncio.timeout(20):
        while True:
            async with database.app() as connection:
                found = list(
                    await connection.scalars(_LISTENERS, {"listen": f'listen "{CHANNEL}"'})
                )
            if found:
                return int(found[0])
            await asyncio.sleep(0.05)


@contextmanager
def kept_out(postgres: EmbeddedPostgres, owner_url: str) -> Iterator[None]:
    """Nobody gets in to the database, and who is in is thrown out."""
    name = make_url(owner_url).database
    with postgres._connect("postgres") as server:
        allow = "update pg_database set datallowconn = %s where datname = %s"
        server.execute(allow, (False, name))
        server.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (name,)
        )
        try:
            yield
        finally:
            server.execute(allow, (True, name))
