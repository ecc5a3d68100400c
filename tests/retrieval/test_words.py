"""Words are found among the readable chunks, by their marks or by the index of all: the same ones,
and where little is readable nothing that is read depends on what the forbidden say."""

from __future__ import annotations

import random
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text

from app.authz.policy import Policy
from app.authz.reading import reading
from app.db.engine import Database
from app.retrieval import search as module
from app.retrieval.copies import CodeCopies
from app.retrieval.search import LITTLE, Searcher
from app.retrieval.step import STEP_SECONDS, end_of_step
from tests.authz.planted import Place, make_place
from tests.authz.test_layers import OneDirection

pytestmark = pytest.mark.integration

SEED = 20261124
READABLE = 300
SYLLABLES = ("ka", "ro", "mi", "tu", "sel", "dan", "vo", "lin", "per", "gos")
QUERIES = (
    "'{0}'",
    "'{0}' | '{1}' | '{2}'",
    "'{0}' & '{1}'",
    "'{0}' <-> '{1}'",
    "!'{0}'",
    "'{0}' & !'{1}'",
    "'ka':*",
    "'{0}':A",
    "'example.com/o''reilly'",
    "'https://x.example/!:' | '{1}'",
)
FOUND = text("""
select id, value from matching_chunks('internal', cast(:query as tsquery), 1000)
""")


@pytest.fixture
async def place(
    database: Database, owner_url: str, policy: Policy, levels: tuple[str, ...]
) -> Place:
    return await make_place(database, owner_url, policy, levels)


async def test_marks_lose_no_match_of_any_query(place: Place) -> None:
    chance = random.Random(SEED)
    vocabulary = ["".join(chance.choices(SYLLABLES, k=3)) for _ in range(400)]
    for n in range(READABLE):
        # now and then a chunk of so many words that most of its marks are set
        words = chance.choices(vocabulary, k=1_500 if n % 50 == 0 else chance.randint(3, 60))
        await place.write("internal", " ".join(words), place.slots[n % 7 == 0])
    await place.write("internal", "example.com/o'reilly", place.slots[0])
    place.own("vacuum analyze chunk_internal")
    stems = [
        word
        for [word] in await _rows(place, "select unnest(tsvector_to_array(terms)) from"
                                  " (select terms from chunk_internal limit 40) c")
    ]  # fmt: skip
    some = 0
    for shape in QUERIES * 6:
        query = shape.format(*chance.sample(stems, 3))
        by_marks = await _rows(place, FOUND.text, query=query)
        with place.looking_through(0):
            assert by_marks == await _rows(place, FOUND.text, query=query), f"{query}, {SEED}"
        some += bool(by_marks)
        assert by_marks or "reilly" not in query
    assert some > len(QUERIES) * 3, "the queries find too little to say anything"


async def test_who_reads_much_gets_an_answer_after_whole_steps_of_time(
    place: Place, levels: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the index of all met on the way."""
    searcher = Searcher(OneDirection(), CodeCopies(place.database, levels, 384))
    scope = await place.resolver.resolve(place.ann, "ask")
    waited: list[float] = []
    wait = end_of_step

    async def waiting(began: float) -> None:
        waited.append(began)
        await wait(began)

    monkeypatch.setattr(module, "end_of_step", waiting)
    for little, expected in ((LITTLE, 0), (0, 1)):
        monkeypatch.setattr(module, "LITTLE", little)
        query = await searcher.query("nothing")
        async with reading(place.database, scope) as read:
            began = monotonic()
            await searcher.search(read, query, 10)
            taken = monotonic() - began
        assert len(waited) == expected
    assert taken >= STEP_SECONDS
    assert waited[0] >= began


async def test_the_service_and_the_database_agree_on_what_is_little(place: Place) -> None:
    owner = create_engine(make_url(place.owner_url))
    with owner.connect() as connection:
        assert connection.scalar(text("select most_looked_through()")) == LITTLE
    owner.dispose()


async def test_the_index_of_all_is_for_who_reads_much(place: Place) -> None:
    await place.write("internal", "one more", place.slots[0], chunks=20)

    async def looked_up() -> int:
        counted = await _rows(place, "select idx_scan from pg_stat_user_indexes"
                              " where indexrelname = 'chunk_internal_terms_idx'")  # fmt: skip
        return int(counted[0][0])

    for most, looks in ((20, 1), (21, 0)):
        with place.looking_through(most):
            before = await looked_up()
            await _rows(place, FOUND.text, query="more")
            assert await looked_up() - before == looks


async def _rows(place: Place, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
    """What Ann gets of a statement."""
    async with place.attacker(scoped=True) as attacker:
        rows = await attacker.connection.execute(text(statement), parameters)
        found = [tuple(row) for row in rows]
        await attacker.connection.execute(text("select pg_stat_force_next_flush()"))
        return found
