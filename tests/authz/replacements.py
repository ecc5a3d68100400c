"""What stands in for an enforcement that is removed from the program: all is let through."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import numpy as np

from app.domain.record import AuditRecord
from app.retrieval.scan import scan


def scan_everything(words: Any, slots: Any, ranges: Any, packed: Any, *rest: Any) -> None:
    scan(words, slots, ranges, np.full(1 << 16, 255, np.uint8), *rest)


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
