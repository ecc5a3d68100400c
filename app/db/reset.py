"""What a pooled connection that reads text leaves behind for its next user: nothing."""

from __future__ import annotations

from typing import Any, LiteralString

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry, PoolResetState

from app.db.direct import driver

# A cursor WITH HOLD keeps rows of the scope that it was opened under, a setting can keep a scope.
# All that DISCARD ALL does except for plans: they hold nothing of anybody, and making them again
# costs every request.
_RESET: LiteralString = """
close all; set session authorization default; reset all; deallocate all; unlisten *;
select pg_advisory_unlock_all(); discard temp; discard sequences
"""
_DONE = "reset"


def read_only(engine: AsyncEngine) -> None:
    """Have every transaction of the engine's connections be read-only."""

    @event.listens_for(engine.sync_engine, "connect")
    def set_once(connection: Any, record: ConnectionPoolEntry) -> None:
        connection.set_read_only(True)


async def end_reading(connection: AsyncConnection) -> None:
    """End a transaction that has read what it wanted, and reset its connection, in one go."""
    await (await driver(connection)).execute(f"commit; {_RESET}")
    connection.info[_DONE] = True


def reset_on_return(engine: AsyncEngine) -> None:
    """Reset each connection of the engine when it comes back; one that cannot be is closed."""

    @event.listens_for(engine.sync_engine, "reset")
    def reset(connection: Any, record: ConnectionPoolEntry, state: PoolResetState) -> None:
        if state.terminate_only or record.info.pop(_DONE, False):
            return
        connection.rollback()
        connection.autocommit = True
        try:
            cursor = connection.cursor()
            cursor.execute(_RESET)
            cursor.close()
        finally:
            connection.autocommit = False
