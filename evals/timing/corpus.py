"""A corpus in which words are hidden from two readers: one reads little of it, one much."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from sqlalchemy import create_engine, insert, make_url, text

from app.authn.accounts import find_account
from app.authz.directory import Person, replace_directory
from app.authz.grants import set_container_acl
from app.db.engine import Database
from app.db.levels import rendition_table
from app.domain.acl import Acl
from app.domain.principal import Account

LEVEL = "internal"
DIMENSIONS = 384
PEOPLE = ("little@timing.example", "much@timing.example", "nobody@timing.example")
CHUNKS_IN_DOCUMENT = 10
WORDS_IN_CHUNK = 60
VOCABULARY = 20_000
BATCH = 500


@dataclass(frozen=True, slots=True)
class Hidden:
    """Words of one form: each of `there` is in `matches` forbidden chunks, of `absent` in none.
    `documents` are forbidden ones."""

    matches: int
    there: tuple[str, ...]
    absent: tuple[str, ...]
    documents: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Corpus:
    """`readers` by how much they read; `readable` says of how many chunks."""

    readers: dict[str, Account]
    readable: dict[str, int]
    hidden: tuple[Hidden, ...]


class WordVectors:
    """Unit vectors that are the sum of a random direction for each word: an embedder that takes
    no time worth measuring, so that nothing is hidden in its noise."""

    dimensions = DIMENSIONS
    name = "random directions"

    def embed(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
        return [self._vector(text) for text in texts]

    def _vector(self, words: str) -> tuple[float, ...]:
        total = np.zeros(DIMENSIONS)
        for word in words.split():
            seed = int.from_bytes(word.encode()[:16].ljust(16, b"\0"))
            total += np.random.default_rng(seed).standard_normal(DIMENSIONS)
        return tuple((total / np.linalg.norm(total)).tolist())


async def build(
    database: Database, seed: int, little: int, much: int, matches: Sequence[int], words: int
) -> Corpus:
    """Chunks of random words by a Zipf law: `little` that both readers read, `much` in all that
    the other one does, and as many that nobody does as the largest of `matches` says."""
    chance = np.random.default_rng(seed)
    async with database.app() as connection:
        await replace_directory(connection, [Person(email, email) for email in PEOPLE], [])
        source = await connection.scalar(
            text("""
            insert into source (key, kind, classification_floor)
            values ('timing', 'push', 'public') returning id""")
        )
        both, one, none = [
            (await set_container_acl(connection, source, name, Acl.parse(list(may)))).slot_id
            for name, may in (("both", PEOPLE[:2]), ("one", PEOPLE[1:2]), ("none", PEOPLE[2:]))
        ]
    plain = _texts(chance)
    await _write(database, source, both, [next(plain) for _ in range(little)])
    await _write(database, source, one, [next(plain) for _ in range(much - little)])
    hidden = []
    for count in matches:
        there, absent = _made_up(chance, words), _made_up(chance, words)
        bodies = [f"{next(plain)} {' '.join(there)}" for _ in range(count)]
        hidden.append(Hidden(count, there, absent, await _write(database, source, none, bodies)))
    readers = {
        "little": await find_account(database, PEOPLE[0]),
        "much": await find_account(database, PEOPLE[1]),
    }
    return Corpus(readers, {"little": little, "much": much}, tuple(hidden))


def settle(owner_url: str) -> None:
    """Bring the tables to what autovacuum makes of them when nothing is written for a while: words
    that wait to be indexed are read by every look-up in the index of all."""
    owner = create_engine(make_url(owner_url), isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        connection.execute(text("vacuum analyze"))
    owner.dispose()


def _made_up(chance: np.random.Generator, count: int) -> tuple[str, ...]:
    """Words of ten letters that no other text holds, and that no stemming changes."""
    letters = np.array(list("bcdfgkmnpqvz"))
    return tuple(f"{''.join(chance.choice(letters, 9))}x" for _ in range(count))


def _texts(chance: np.random.Generator) -> Iterator[str]:
    shares = 1 / np.arange(1, VOCABULARY + 1)
    shares /= shares.sum()
    while True:
        for row in chance.choice(VOCABULARY, (1_000, WORDS_IN_CHUNK), p=shares):
            yield " ".join(f"word{n}" for n in row)


async def _write(
    database: Database, source: int, slot: int, bodies: Sequence[str]
) -> tuple[UUID, ...]:
    """The documents that these chunks became, as the ingestion writes them."""
    count = -(-len(bodies) // CHUNKS_IN_DOCUMENT)
    async with database.app() as connection:
        made = await connection.scalars(
            text("""
            insert into document (source_id, external_id, slot_id, state, classification)
            select :source, gen_random_uuid()::text, :slot, 'indexed', :level
              from generate_series(1, :count) returning id"""),
            {"source": source, "slot": slot, "level": LEVEL, "count": count},
        )
        documents = tuple(made)
    vectors = np.random.default_rng(len(bodies)).standard_normal((len(bodies), DIMENSIONS))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    async with database.ingest() as connection:
        await connection.execute(
            insert(rendition_table(LEVEL)),
            [
                {"id": id_, "document_id": id_, "slot_id": slot, "title": "t", "uri": "",
                 "mime_type": "", "source": "timing", "external_id": str(id_), "redactions": {},
                 "evidence": []}
                for id_ in documents
            ],
        )  # fmt: skip
        for start in range(0, len(bodies), BATCH):
            rows = []
            for n in range(start, min(start + BATCH, len(bodies))):
                document = documents[n // CHUNKS_IN_DOCUMENT]
                rows.append(
                    {"rendition_id": document, "document_id": document, "slot_id": slot,
                     "ordinal": n % CHUNKS_IN_DOCUMENT, "heading": "", "body": bodies[n],
                     "embedding": str(vectors[n].tolist())}
                )  # fmt: skip
            await connection.execute(_CHUNK, rows)
    return documents


_CHUNK = text("""
insert into chunk_internal (id, rendition_id, document_id, slot_id, ordinal, heading, text,
                            embedding, terms)
values (gen_random_uuid(), :rendition_id, :document_id, :slot_id, :ordinal, :heading, :body,
        cast(:embedding as halfvec), to_tsvector('english', :body))
""")
