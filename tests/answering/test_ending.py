"""What is written at the end of an answer does not keep its stream open."""

from __future__ import annotations

import asyncio

import pytest

from app.answering import ending
from app.answering.ending import in_time
from app.errors import Conflict, DatabaseUnavailable


async def test_writing_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "SECONDS", 0.01)
    go_on, written = asyncio.Event(), asyncio.Event()

    async def write() -> None:
        await go_on.wait()
        written.set()

    with pytest.raises(DatabaseUnavailable):
        await asyncio.wait_for(in_time(write()), 10)
    go_on.set()
    await asyncio.wait_for(written.wait(), 10)


async def test_its_errors_are_told() -> None:
    async def write() -> None:
        raise Conflict

    with pytest.raises(Conflict):
        await in_time(write())
