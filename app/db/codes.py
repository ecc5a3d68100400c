"""The codes of vectors: read under a login that sees ids, slots and codes of chunks, no text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import sql
from sqlalchemy import text

from app.db.direct import driver, one
from app.db.engine import AppConnection, CodesConnection

_SNAPSHOT = text("select pg_current_snapshot()::text")
_CHANGED = """
select pg_current_snapshot()::text as snapshot,
       levels_changed_since(cast(%(seen)s as pg_snapshot)) as changed
"""
_IDS = text("""
select distinct chunk_id from code_change
 where xid >= pg_snapshot_xmin(cast(:seen as pg_snapshot))
   and not pg_visible_in_snapshot(xid, cast(:seen as pg_snapshot)) and classification = :level
""")
_FORGET = text("delete from code_change where at < now() - interval '1 day'")
_HEADER = 19  # bytes before the first row of binary COPY, and
_TRAILER = 2  # after the last (PostgreSQL documentation, COPY, "Binary Format")


@dataclass(frozen=True, slots=True)
class CodeRows:
    """Chunks of one classification: ids as 16 bytes each (shape (n,), dtype V16), ACL slots
    (shape (n,), int32) and two codes of one bit a dimension (shape (n, bytes that hold them),
    uint8): whether a component is above zero, and whether it is far from zero."""

    ids: NDArray[np.void]
    slots: NDArray[np.int32]
    signs: NDArray[np.uint8]
    large: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Changes:
    """Of chunks, from the snapshot `since` to the snapshot `until`: the classifications in which
    some were written, moved or deleted."""

    since: str
    until: str
    levels: tuple[str, ...]


async def current_snapshot(connection: CodesConnection) -> str:
    """What the transaction sees, as Postgres writes a snapshot."""
    return str(await connection.scalar(_SNAPSHOT))


async def changes_since(connection: AppConnection | CodesConnection, seen: str) -> Changes:
    """What changed from `seen` to what a statement sees now."""
    row = await one(connection, _CHANGED, seen=seen)
    return Changes(seen, row.snapshot, tuple(row.changed))


async def changed_ids(connection: CodesConnection, seen: str, level: str) -> list[Any]:
    """The chunks of a classification that were written, moved or deleted since `seen`."""
    return list(await connection.scalars(_IDS, {"seen": seen, "level": level}))


async def forget_changes(connection: AppConnection) -> None:
    """Forget the changes of more than a day ago; a copy that old is read anew."""
    await connection.execute(_FORGET)


async def read_codes(
    connection: CodesConnection, level: str, dimensions: int, only: Sequence[Any] | None = None
) -> CodeRows:
    """The codes of a classification, or of those of `only` that are there."""
    query = sql.SQL("select id, slot_id, code, large from {}").format(
        sql.Identifier(f"chunk_{level}")
    )
    if only is not None:
        query += sql.SQL(" where id = any ({})").format(sql.Literal(list(only)))
    data = bytearray()
    async with (
        (await driver(connection)).cursor() as cursor,
        cursor.copy(sql.SQL("copy ({}) to stdout (format binary)").format(query)) as copy,
    ):
        async for block in copy:
            data += block
    code = [("length", ">i4"), ("bits", ">i4"), ("code", "u1", (-(-dimensions // 8),))]
    rows = np.frombuffer(
        bytes(memoryview(data)[_HEADER : len(data) - _TRAILER]),
        dtype=[
            ("fields", ">i2"), ("id_length", ">i4"), ("id", "V16"), ("slot_length", ">i4"),
            ("slot", ">i4"), ("signs", code), ("large", code),
        ],
    )  # fmt: skip
    return CodeRows(
        rows["id"].copy(),
        rows["slot"].astype(np.int32),
        rows["signs"]["code"].copy(),
        rows["large"]["code"].copy(),
    )
