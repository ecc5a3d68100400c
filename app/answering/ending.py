"""Write the end of an answer in bounded time, so that no stream stays open for it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from app.errors import DatabaseUnavailable

SECONDS = 10.0


async def in_time(writing: Coroutine[Any, Any, None]) -> None:
    """Raises what it raises, and DatabaseUnavailable when it takes too long: then it goes on
    without us."""
    task = asyncio.create_task(writing)
    await asyncio.wait({task}, timeout=SECONDS)
    if not task.done():
        raise DatabaseUnavailable
    task.result()
