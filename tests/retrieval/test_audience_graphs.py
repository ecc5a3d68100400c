"""What shapes an approximate search by the index of an audience, and what does not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from uuid import UUID

import numpy as np
import pytest
from numpy.typing import NDArray

from app.authz.policy import Policy
from app.db import graphs
from app.db.engine import Database
from tests.retrieval.audiences import ANN, LEVEL, Company, exact, searched

pytestmark = pytest.mark.integration

FOUND = 10
QUERIES = 40
Results = list[list[tuple[UUID, float]]]


@pytest.fixture
async def company(
    database: Database,
    owner_url: str,
    policy: Policy,
    levels: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Company]:
    """So many chunks for the staff that a narrow walk misses some; as many beside for the board,
    written in between."""
    monkeypatch.setattr("app.db.audience_index.PAUSE", 0.0)
    monkeypatch.setattr(graphs, "BREADTH", FOUND)
    company = await Company.found(database, owner_url, policy, levels)
    await company.share("staff", ["group:staff"])
    await company.share("board", ["group:board"])
    yield company
    await company.keep(threshold=0)
    await company.close()


async def results(company: Company, queries: Sequence[NDArray[np.float32]]) -> Results:
    """The nearest to each query, as Ann finds them, with their distances."""
    searcher = company.searcher()
    told: Results = []
    for vector in queries:
        async with company.reading(ANN) as read:
            assert len((await company.walked(read, vector, read.scope)).searched) == 1
            found = await searched(searcher, read, vector, FOUND)
        told.append(found)
    return told


async def recall(company: Company, queries: Sequence[NDArray[np.float32]], told: Results) -> float:
    right = 0
    for vector, found in zip(queries, told, strict=True):
        async with company.reading(ANN) as read:
            near = {one.chunk_id for one in await exact(read, vector, FOUND)}
        right += len(near & {id_ for id_, _ in found})
    return right / (FOUND * len(queries))


async def test_what_may_not_be_read_does_not_shape_a_walk(company: Company) -> None:
    """Ids, order and scores are those without it, though the search is not exact."""
    board = []
    for _ in range(4):
        await company.write("staff", 500)
        board.append(await company.write("board", 500))
    await company.keep()
    board.append(await company.write("board", 500))
    queries = [company.vector() for _ in range(QUERIES)]
    with_all = await results(company, queries)
    for document in board:
        await company.remove(document)
    assert await results(company, queries) == with_all
    with company.as_owner() as owner:
        owner.execute(f"vacuum chunk_{LEVEL}")
    assert await results(company, queries) == with_all
    assert await recall(company, queries, with_all) < 0.99, "the walk is exact: nothing was tried"


async def test_what_left_an_audience_shapes_walks_until_it_is_vacuumed(
    company: Company, figure: Callable[[str, str], None]
) -> None:
    """It is never found; the paths through it are the one trace of it, and here is how much."""
    await company.write("staff", 1_800)
    leaves = await company.write("staff", 200)
    await company.keep()
    queries = [company.vector() for _ in range(QUERIES)]
    await company.remove(leaves)
    before = await results(company, queries)
    with company.as_owner() as owner:
        owner.execute(f"vacuum chunk_{LEVEL}")
    after = await results(company, queries)
    differ = sum(one != other for one, other in zip(before, after, strict=True))
    lost = [await recall(company, queries, told) for told in (before, after)]
    assert all(len(found) == FOUND for found in before)
    figure(
        "a tenth of an audience gone: searches of the narrowest breadth that VACUUM changes",
        f"{differ} of {QUERIES}; recall {lost[0]:.3f} before, {lost[1]:.3f} after",
    )
