"""Somebody with the reader's login and any SQL, beside an index of what they may not read."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from app.db.direct import every
from tests.retrieval.audiences import ANN, CHUNKS, LEVEL, SHARED, TEMP, Company, company

__all__ = ["company"]

pytestmark = pytest.mark.integration

_TOLD = """
select pg_get_expr(i.indpred, i.indrelid) as predicate, c.reltuples as chunks
  from pg_index i join pg_class c on c.oid = i.indexrelid
 where c.relname ~ '^audience_[0-9]'
"""


async def test_it_tells_slots_and_how_many_chunks_as_is_documented(company: Company) -> None:
    """docs/authorisation.md, "What the database cannot hide"."""
    await company.keep()
    async with company.reading(TEMP) as read:
        [told] = await every(read.connection, _TOLD)
        inside = text(
            f"select slot_id from unnest(cast(:slots as integer[])) slot_id where {told.predicate}"  # noqa: S608
        )
        slots = await read.connection.scalars(inside, {"slots": list(company.slots.values())})
        assert set(slots) == {company.slots[container] for container in SHARED}
    assert told.chunks >= len(SHARED) * CHUNKS


@pytest.mark.parametrize("statement", ["table audience", "select principal_id from audience"])
async def test_it_does_not_tell_whose_it_is(company: Company, statement: str) -> None:
    await company.keep()
    async with company.reading(ANN) as read:
        with pytest.raises(ProgrammingError, match="permission denied"):
            await read.connection.execute(text(statement))


async def test_a_walk_through_it_shows_no_chunk_and_no_distance(company: Company) -> None:
    """The statement names the predicate, and no other way is left to the planner."""
    await company.keep()
    vector = company.vector().tolist()
    found = {}
    for email in (ANN, TEMP):
        async with company.reading(email) as read:
            [told] = await every(read.connection, _TOLD)
            await read.connection.execute(text("set local enable_sort = off"))
            walk = text(
                f"select id, embedding <=> cast(:vector as halfvec) from chunk_{LEVEL}"  # noqa: S608
                f" where {told.predicate} order by 2 limit 30"
            )
            plan = await read.connection.execute(
                text("explain " + walk.text), {"vector": str(vector)}
            )
            assert "Index Scan using audience_" in "\n".join(row[0] for row in plan)
            rows = await read.connection.execute(walk, {"vector": str(vector)})
            found[email] = len(rows.all())
    assert found == {ANN: 30, TEMP: 0}
