"""What stands in for an enforcement that is removed from the program: all is let through."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import event

from app.domain.record import AuditRecord


def roll_back(engine: Any) -> None:
    event.listen(engine.sync_engine, "reset", lambda connection, *_: connection.rollback())


async def everything(
    connection: object, policy: object, account: object, purpose: str, documents: Iterable[UUID]
) -> frozenset[UUID]:
    return frozenset(documents)


async def all_stand(connection: object, tokens: Iterable[int]) -> frozenset[int]:
    return frozenset(tokens)


async def all_pass(answering: object, account: object, passages: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(passages)


async def no_record(recorder: object, record: AuditRecord) -> UUID:
    return record.id


@asynccontextmanager
async def changing(database: Any) -> AsyncIterator[Any]:
    async with database.app() as connection:
        yield connection
