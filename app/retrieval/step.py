"""An end that does not tell when the work was done."""

from __future__ import annotations

import asyncio
from time import monotonic

STEP_SECONDS = 0.025
_CLOSE = 0.002
"""Seconds. A sleep ends at a whole millisecond counted from when it was asked for, and later, so
its end would tell when that was; the last bit is waited for by looking at the clock."""


async def end_of_step(began: float) -> None:
    """Wait until a multiple of STEP_SECONDS has passed since `began` (of `monotonic`)."""
    end = monotonic() + (began - monotonic()) % STEP_SECONDS
    await asyncio.sleep(max(0.0, end - monotonic() - _CLOSE))
    while monotonic() < end:  # noqa: ASYNC110 - nothing but time ends it
        await asyncio.sleep(0)
