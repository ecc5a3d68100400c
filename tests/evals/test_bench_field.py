"""What the measurement says of contenders that do wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from app.authz.policy import Policy
from app.authz.reading import reading
from app.authz.scope import ScopeResolver
from app.db.candidates import matching
from app.db.chunks import read_chunks
from app.db.engine import Database
from app.errors import EnforcementBroken
from app.runtime.postgres import EmbeddedPostgres
from evals.bench import plain
from evals.bench.asking import Questions, ask, subject
from evals.bench.contender import Answer, Asking, K
from evals.bench.door import Door
from evals.bench.exact import nearest
from evals.bench.load import Loader, Names
from evals.bench.measure import Field, Line, measure
from evals.bench.organisation import Organisation
from evals.bench.people import Settled, settle
from evals.bench.scratch import Scratch
from evals.bench.texts import Texts
from evals.bench.vectors import Corpus, Vectors, generate
from evals.bench.whole import Numbering, Portcullis
from evals.bench.workloads import organise
from tests.conftest import SECRET

pytestmark = pytest.mark.integration

SEED = 4
TENTH = 2
"""The subject that reads a tenth."""


@dataclass
class Leaky:
    """An engine that knows of no permissions."""

    corpus: Corpus
    name: str = "leaky"

    async def prepare(self, asking: Asking) -> None: ...

    async def search(self, asking: Asking, vector: Vectors) -> Answer:
        [found] = nearest(self.corpus.vectors, None, vector[np.newaxis], K)
        return Answer(found, 0.001)

    async def close(self) -> None: ...


@dataclass
class Stage:
    corpus: Corpus
    organisation: Organisation
    settled: Settled
    database: Database
    field: Field
    asking: Asking
    asked: Questions

    async def measure(self) -> dict[str, Line]:
        lines = await measure(self.field, self.corpus.vectors, self.asking, self.asked)
        return {line.contender: line for line in lines}


@pytest.fixture
async def stage(
    postgres: EmbeddedPostgres, levels: tuple[str, ...], policy: Policy, tmp_path: Path
) -> AsyncIterator[Stage]:
    server = Scratch(tmp_path, postgres, SECRET, levels)
    corpus = generate(2_000, SEED)
    company = organise("departments", corpus, SEED)
    texts = Texts(SEED)
    server.make(company.name)
    plain.make(server, corpus, {company.name: company}, texts, lambda what: None)
    plain.rule(server, company)
    database = server.connect(company.name)
    unfiltered = plain.Plain.connect(server, "unfiltered", ruled=False)
    enough = plain.Plain.connect(server, "enough", ruled=False)
    ruled = plain.Plain.connect(server, "ruled", ruled=True)
    settled = await settle(database, company)
    names = Names.make(corpus, company, SEED)
    await Loader(database, corpus, company, settled, names, texts, lambda done: None).load()
    resolver = ScopeResolver(database, policy, 60)
    numbering = Numbering(names.chunks)
    asking = await subject(resolver, company, TENTH, settled.slots)
    field = Field(
        Portcullis.build(database, resolver, levels, numbering), unfiltered, enough, ruled,
        [Leaky(corpus)], 1,
        Door(resolver, numbering, names.chunks, names.classifications(company)),
    )  # fmt: skip
    asked = ask(corpus, asking.readable, 10, np.random.default_rng(SEED))
    yield Stage(corpus, company, settled, database, field, asking, asked)
    for pooled in (unfiltered, enough, ruled):
        await pooled.close()
    await database.close()
    server.drop(company.name)
    server.drop(plain.NAME)
    with postgres._connect("postgres") as connection:
        connection.execute(f"drop role {plain.RULED}".encode())


async def test_a_leaky_engine_is_counted_and_a_wrong_product_stops_the_run(stage: Stage) -> None:
    lines = await stage.measure()
    assert lines["leaky"].forbidden > 0, "what it returned by itself"
    assert lines["leaky"].recall < 0.9, "its recall is of what may be read"
    assert lines["leaky"].system_p50 > lines["leaky"].p50
    assert lines["Portcullis"].forbidden == lines["ruled"].forbidden == 0
    assert lines["Portcullis"].recall > 0.95
    assert lines["ruled"].recall > 0.9

    # the lists say that half of it may not be read: the product shows what they do not allow
    fewer = stage.asking.readable & (np.arange(stage.corpus.chunks) % 2 == 0)
    stage.asking = replace(stage.asking, readable=fewer)
    with pytest.raises(EnforcementBroken, match="was shown a chunk"):
        await stage.measure()


async def test_a_database_that_shows_more_than_the_lists_say_is_not_measured(stage: Stage) -> None:
    closed = int(stage.settled.slots[np.flatnonzero(~stage.asking.slots)[0]])
    async with stage.database.app() as connection:
        await connection.execute(
            text("""
            insert into slot_grant (slot_id, principal_id, effect, since_revision)
            select :slot, :person, 'allow', raise_revision('test')"""),
            {"slot": closed, "person": stage.asking.account.principal_id},
        )
    with pytest.raises(EnforcementBroken, match="by the organisation's lists"):
        await subject(
            stage.field.portcullis.resolver, stage.organisation, TENTH, stage.settled.slots
        )


async def test_what_was_loaded_is_what_the_product_would_have_written(stage: Stage) -> None:
    """Documents in containers, chunks in order with words that can be found, and codes."""
    async with stage.database.app() as connection:
        row = (
            await connection.execute(
                text("""
                select count(*) as documents, sum(chunks) as chunks, count(container_id) as placed
                  from document where state = 'indexed'""")
            )
        ).one()
    assert row.documents == row.placed == stage.corpus.documents
    assert row.chunks == stage.corpus.chunks
    portcullis = stage.field.portcullis
    codes = await portcullis.searcher.copies.current()
    assert sum(level.count for level in codes.values()) == stage.corpus.chunks
    scope = await portcullis.resolver.resolve(stage.asking.account, "search")
    [best] = nearest(
        stage.corpus.vectors, np.flatnonzero(stage.asking.readable), stage.asked.vectors[:1], 1
    )
    written = Texts(SEED).text(best[0])
    async with reading(stage.database, scope) as read:
        found = await matching(read.connection, scope, written, 1)
        [row] = await read_chunks(read.connection, scope, found)
        lengths = await read.connection.execute(
            text("""
            select count(*) as chunks, max(ordinal) + 1 as last, count(distinct ordinal) as places
              from chunk_internal group by document_id""")
        )
        assert all(one.chunks == one.last == one.places for one in lengths)
    assert row.text == written
    document = int(stage.corpus.document[best[0]])
    assert row.title == Texts(SEED).title(document)
    assert row.ordinal == best[0] - np.searchsorted(stage.corpus.document, document)
