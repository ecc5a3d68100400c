"""What somebody finds is what would be found if the documents they may not read did not exist."""

from __future__ import annotations

import random
from collections.abc import Sequence
from uuid import UUID

import pytest
from sqlalchemy import bindparam, func, insert, text

from app.authn.accounts import find_account
from app.authz.directory import Group, Person, replace_directory
from app.authz.grants import set_container_acl
from app.authz.policy import Policy
from app.authz.reading import reading
from app.authz.scope import ScopeResolver
from app.db.audience_index import as_owner
from app.db.candidates import matching, nearest
from app.db.engine import Database
from app.db.levels import chunk_table, delete_rows, rendition_table
from app.domain.acl import Acl
from app.domain.principal import Account
from app.domain.scope import By
from app.retrieval.audiences import Audiences
from app.retrieval.copies import CodeCopies
from app.retrieval.keep import keep
from app.retrieval.search import CANDIDATES, Searcher
from tests.answering.passages import HashingEmbedder
from tests.searching import search

pytestmark = pytest.mark.integration

SEED = 20261124
LEVELS = ("public", "internal", "confidential", "regulated")
WORDS = (
    "harbour crane budget salary probe firmware lease warranty bonus permit tide mooring".split()
)
CONTAINERS = 40
DOCUMENTS = 600
LARGE = 8
"""Chunks of an audience from which on it has an index here."""
EMBEDDER = HashingEmbedder()
QUERIES = ["harbour crane", "salary of the probe", "bonus", "tide permit lease", "zebra"]

Row = dict[str, object]


class World:
    """Documents of one chunk each, written and taken away as the ingestion does it."""

    def __init__(self, database: Database, chance: random.Random, slots: Sequence[int]) -> None:
        self.database = database
        self.documents = {
            UUID(int=chance.getrandbits(128)): (
                chance.choice(LEVELS),
                chance.choice(slots),
                " ".join(chance.choices(WORDS, k=chance.randint(2, 9))),
            )
            for _ in range(DOCUMENTS)
        }
        self.vectors = {
            words: list(EMBEDDER.embed([words])[0]) for _, _, words in self.documents.values()
        }

    async def write(self, documents: set[UUID]) -> None:
        async with self.database.ingest() as connection:
            for level in LEVELS:
                here = [id_ for id_ in sorted(documents) if self.documents[id_][0] == level]
                rows = [
                    {"id": id_, "document_id": id_, "slot_id": slot, "words": words}
                    for id_ in here
                    for _, slot, words in [self.documents[id_]]
                ]
                await connection.execute(
                    insert(rendition_table(level)),
                    [
                        {**row, "title": "t", "uri": "", "mime_type": "", "source": "s",
                         "external_id": "e", "redactions": {}, "evidence": []}
                        for row in rows
                    ],
                )  # fmt: skip
                await connection.execute(
                    insert(chunk_table(level)).values(
                        text=bindparam("words"),
                        terms=func.to_tsvector("english", bindparam("words")),
                    ),
                    [
                        {**row, "rendition_id": row["id"], "ordinal": 0, "heading": "",
                         "embedding": self.vectors[str(row["words"])]}
                        for row in rows
                    ],
                )  # fmt: skip

    async def remove(self, documents: set[UUID]) -> None:
        async with self.database.ingest() as connection:
            await delete_rows(connection, LEVELS, sorted(documents))


async def found(
    database: Database, resolver: ScopeResolver, searchers: Sequence[Searcher], account: Account
) -> list[object]:
    """Everything that a search tells: by meaning, by words and both, with scores and order."""
    scope = await resolver.resolve(account, "search")
    told: list[object] = []
    for query in QUERIES:
        async with reading(database, scope) as read:
            [vector] = EMBEDDER.embed([query])
            told.append(await nearest(read.connection, scope, vector, CANDIDATES))
            told.append(await matching(read.connection, scope, query, CANDIDATES))
        for searcher in searchers:
            for by in By:
                best = await search(database, searcher, scope, query, 20, by)
                told.append([(p.chunk_id, p.score, p.text) for p in best.passages])
    return told


async def test_results_are_those_on_the_corpus_without_what_may_not_be_read(
    database: Database, owner_url: str, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    # fewer than there are readable chunks, so that the codes do choose
    monkeypatch.setattr("app.retrieval.propose.proposed", lambda most, readable: 40)
    chance = random.Random(SEED)
    people = [Person(f"p{n}@apart.example", "P") for n in range(8)]
    groups = [
        Group(f"g{n}", [p.email for p in chance.sample(people, 3)]
              + [f"group:g{other}" for other in chance.sample(range(6), 1) if other != n])
        for n in range(6)
    ]  # fmt: skip
    groups.append(Group("regulated-data", [people[0].email]))
    names = [*(f"group:g{n}" for n in range(6)), *(p.email for p in people), "everyone"]
    async with database.app() as connection:
        await replace_directory(connection, people, groups)
        source = await connection.scalar(
            text("""
            insert into source (key, kind, classification_floor)
            values ('apart', 'push', 'public') returning id""")
        )
        slots = [
            (
                await set_container_acl(
                    connection, source, f"c{n}",
                    Acl.parse(chance.sample(names, 2), chance.sample(names, chance.choice((0, 1)))),
                )
            ).slot_id
            for n in range(CONTAINERS)
        ]  # fmt: skip
    world = World(database, chance, slots)
    everything = set(world.documents)
    await world.write(everything)
    resolver = ScopeResolver(database, policy, 60)
    copies = CodeCopies(database, LEVELS, EMBEDDER.dimensions)
    audiences = Audiences(database, LARGE)
    searchers = [Searcher(EMBEDDER, copies), Searcher(EMBEDDER, copies, audiences=audiences)]
    async with as_owner(owner_url) as owner:
        made = [done async for done in keep(database, owner, LEVELS, LARGE)]
    assert len(made) > 10, "the world is not interesting any more"
    shares, by_index = [], 0
    for person in people:
        account = await find_account(database, person.email)
        scope = await resolver.resolve(account, "search")
        readable = {
            id_
            for id_, (level, slot, _) in world.documents.items()
            if slot in scope.slots and level in scope.classifications
        }
        shares.append(len(readable) / len(everything))
        by_index += len(await audiences.chosen(scope))
        with_all = await found(database, resolver, searchers, account)
        await world.remove(everything - readable)
        without = await found(database, resolver, searchers, account)
        await world.write(everything - readable)
        assert with_all == without, f"{person.email}, seed {SEED}"
    assert min(shares) < 0.5 < max(shares), "the world is not interesting any more"
    assert by_index > 10, "the world is not interesting any more"
