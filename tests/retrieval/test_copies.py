"""The copies of the codes follow the tables, whatever commits when."""

from __future__ import annotations

from uuid import UUID, uuid4

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import insert, text
from sqlalchemy.exc import ProgrammingError

from app.db.codes import read_codes
from app.db.engine import Database, IngestConnection
from app.db.levels import chunk_table, delete_rows, move_rows, rendition_table
from app.retrieval import copies as module
from app.retrieval.copies import CodeCopies

pytestmark = pytest.mark.integration

LEVEL = "internal"


def unit(n: int) -> NDArray[np.float64]:
    vector = np.random.default_rng(n).standard_normal(384)
    return vector / np.linalg.norm(vector)


async def write(connection: IngestConnection, slot: int, count: int = 1) -> UUID:
    """A document of `count` chunks; its id."""
    document, row = (
        uuid4(),
        {"slot_id": slot, "title": "t", "uri": "", "mime_type": "", "source": "s"},
    )
    await connection.execute(
        insert(rendition_table(LEVEL)),
        {**row, "id": document, "document_id": document, "external_id": "e", "redactions": {},
         "evidence": []},
    )  # fmt: skip
    await connection.execute(
        insert(chunk_table(LEVEL)),
        [
            {"id": uuid4(), "rendition_id": document, "document_id": document, "slot_id": slot,
             "ordinal": n, "heading": "", "text": "t", "terms": "t",
             "embedding": unit(n).tolist()}
            for n in range(count)
        ],
    )  # fmt: skip
    return document


async def in_memory(copies: CodeCopies) -> dict[UUID, tuple[int, bytes]]:
    codes = (await copies.current())[LEVEL]
    return {
        UUID(bytes=codes.rows.ids[n].tobytes()): (
            int(codes.rows.slots[n]),
            codes.rows.signs[n].tobytes() + codes.rows.large[n].tobytes(),
        )
        for n in range(codes.count)
        if codes.rows.slots[n]
    }  # fmt: skip


async def afresh(database: Database, levels: tuple[str, ...]) -> dict[UUID, tuple[int, bytes]]:
    return await in_memory(CodeCopies(database, levels, 384))


async def test_written_moved_and_deleted_chunks_are_followed(
    database: Database, levels: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    copies = CodeCopies(database, levels, 384)
    before = len(await in_memory(copies))
    async with database.ingest() as connection:
        first, second = await write(connection, 5, 3), await write(connection, 6, 2)
    assert len(await in_memory(copies)) == before + 5
    async with database.app() as connection:
        await move_rows(connection, dict.fromkeys(levels, 9), first)
        await delete_rows(connection, levels, [second])
    seen = await in_memory(copies)
    assert len(seen) == before + 3
    assert [slot for slot, _ in seen.values()].count(9) == 3
    assert seen == await afresh(database, levels)
    monkeypatch.setattr(module, "MANY", 2)
    async with database.ingest() as connection:
        await write(connection, 7, 4)
    assert await in_memory(copies) == await afresh(database, levels)


async def test_a_transaction_that_began_first_and_ends_last_is_not_missed(
    database: Database, levels: tuple[str, ...]
) -> None:
    copies = CodeCopies(database, levels, 384)
    async with database.ingest() as slow:
        await write(slow, 11)
        async with database.ingest() as quick:
            await write(quick, 12)
        slots = [slot for slot, _ in (await in_memory(copies)).values()]
        assert (slots.count(11), slots.count(12)) == (0, 1)
    slots = [slot for slot, _ in (await in_memory(copies)).values()]
    assert (slots.count(11), slots.count(12)) == (1, 1)


async def test_who_was_away_for_long_reads_everything_again(
    database: Database, levels: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    copies = CodeCopies(database, levels, 384)
    await in_memory(copies)
    async with database.ingest() as connection:
        await write(connection, 13)
    async with database.app() as connection:  # as the housekeeping does with old entries
        await connection.execute(text("delete from code_change"))
    monkeypatch.setattr(module, "FORGOTTEN_SECONDS", -1.0)
    assert await in_memory(copies) == await afresh(database, levels)


async def test_codes_say_the_signs_of_components_and_which_are_large(database: Database) -> None:
    async with database.ingest() as connection:
        await write(connection, 14, 20)
    async with database.codes() as connection:
        rows = await read_codes(connection, LEVEL, 384)
    ours = rows.slots == 14
    told = {
        (s.tobytes(), large.tobytes())
        for s, large in zip(rows.signs[ours], rows.large[ours], strict=True)
    }
    expected = set()
    for n in range(20):
        vector = unit(n).astype(np.float16)
        least = np.float16(0.9816 / np.sqrt(384))
        is_large = (vector - least > 0) | ~(vector + least > 0)
        assert 0.2 < is_large.mean() < 0.45, "of a Gaussian it is .33"
        expected.add((np.packbits(vector > 0).tobytes(), np.packbits(is_large).tobytes()))
    assert told == expected


@pytest.mark.parametrize("column", ["text", "embedding", "terms", "heading"])
async def test_who_reads_codes_reads_nothing_else(database: Database, column: str) -> None:
    with pytest.raises(ProgrammingError):
        async with database.codes() as connection:
            await connection.execute(text(f"select {column} from chunk_{LEVEL}"))  # noqa: S608
