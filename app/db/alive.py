"""A pooled connection that the server has closed is replaced before somebody uses it."""

from __future__ import annotations

import select
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine


def replace_dead(engine: AsyncEngine) -> None:
    """Look at each connection's socket when it is taken from the pool: a server that goes away, or
    ends a session, closes it, and one that is idle has nothing else to say. A look at the socket
    costs microseconds, where a statement that asks costs a round trip of every request."""

    @event.listens_for(engine.sync_engine, "checkout")
    def look(connection: Any, record: object, proxy: object) -> None:
        driver = connection.driver_connection
        if driver.closed:
            raise DisconnectionError
        socket = select.poll()
        socket.register(driver.fileno(), select.POLLIN)
        if socket.poll(0):
            raise DisconnectionError
