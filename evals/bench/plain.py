"""pgvector without Portcullis: one table with one HNSW index over all vectors.

Its owner searches it unfiltered, as no policy applies to an owner: the baseline. Another login is
bound by an ordinary row-level-security policy, which looks the slot up among those that the user
may read; these are worked out beforehand, so that the policy costs one look into a hash table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app.db.alive import replace_dead
from app.db.arrays import Reals
from app.db.direct import driver
from app.db.reset import read_only
from app.runtime.secrets import derive
from evals.bench.contender import Answer, Asking, K
from evals.bench.copying import binary
from evals.bench.options import DIMENSIONS
from evals.bench.organisation import Organisation
from evals.bench.scratch import Scratch
from evals.bench.texts import Texts
from evals.bench.vectors import Corpus, Numbers, Vectors

NAME = "plain"
RULED = "bench_ruled"
M, EF_CONSTRUCTION = 16, 100
LADDER = (40, 60, 80, 100, 150, 200, 300, 400, 600, 800)
"""Values of hnsw.ef_search that are tried, smallest first."""
BATCH = 20_000

_SETTINGS = """
select set_config('hnsw.ef_search', %(ef)s, true),
       set_config('hnsw.iterative_scan', %(iterative)s, true),
       set_config('bench.who', %(who)s, true)
"""
_NEAREST = """
select number, title, text from chunk
 order by embedding <=> cast(%(vector)s as halfvec) limit %(k)s
"""


def make(
    scratch: Scratch,
    corpus: Corpus,
    organisations: Mapping[str, Organisation],
    texts: Texts,
    progress: Callable[[str], None],
) -> float:
    """Load and index the table; the seconds that the index took."""
    scratch.server.ensure_database(NAME)
    with psycopg.connect(_driver_url(scratch), autocommit=True) as connection:
        columns = (sql.Identifier(name) for name in organisations)
        connection.execute(
            sql.SQL(
                "create table chunk"
                " (number integer, embedding halfvec({}), {}, title text, text text)"
            ).format(
                DIMENSIONS, sql.SQL(", ").join(sql.SQL("{} integer").format(c) for c in columns)
            )
        )
        slots = [organisation.slot_of_chunk for organisation in organisations.values()]
        for start in range(0, corpus.chunks, BATCH):
            part = np.arange(start, min(start + BATCH, corpus.chunks))
            _copy(connection, corpus, part, slots, texts)
            progress(f"{part[-1] + 1:,} rows")
        progress("building its index")
        began = perf_counter()
        _index(connection, corpus.chunks)
        taken = perf_counter() - began
        connection.execute(
            sql.SQL(
                "create role {0} login password {1};"
                " create table readable (who text, slot integer, primary key (who, slot));"
                " alter table chunk enable row level security;"
                " grant select on chunk, readable to {0}"
            ).format(sql.Identifier(RULED), sql.Literal(derive(scratch.secret, RULED)))
        )
        connection.execute("vacuum analyze chunk")
    return taken


def _copy(
    connection: psycopg.Connection,
    corpus: Corpus,
    part: NDArray[np.int64],
    slots: Sequence[Numbers],
    texts: Texts,
) -> None:
    rows = binary(
        [part, corpus.vectors[part], *(slot[part] for slot in slots)],
        (
            (texts.title(document), texts.text(n))
            for n, document in zip(part.tolist(), corpus.document[part].tolist(), strict=True)
        ),
    )
    with (
        connection.cursor() as cursor,
        cursor.copy("copy chunk from stdin (format binary)") as copy,
    ):
        copy.write(rows)


def _index(connection: psycopg.Connection, chunks: int) -> None:
    # the graph is built in memory: about 2.5 kilobytes a chunk
    memory = min(4_000_000, max(256_000, 3 * chunks))
    connection.execute(sql.SQL("set maintenance_work_mem = {}").format(sql.Literal(f"{memory}kB")))
    connection.execute(
        sql.SQL(
            "create index on chunk using hnsw (embedding halfvec_cosine_ops)"
            " with (m = {}, ef_construction = {})"
        ).format(M, EF_CONSTRUCTION)
    )


def rule(scratch: Scratch, organisation: Organisation) -> None:
    """Make the policy that of a workload."""
    with psycopg.connect(_driver_url(scratch), autocommit=True) as connection:
        connection.execute("truncate readable")
        with (
            connection.cursor() as cursor,
            cursor.copy("copy readable (who, slot) from stdin") as copy,
        ):
            for person in organisation.subjects:
                for slot in organisation.readable(person.email).nonzero()[0].tolist():
                    copy.write_row((person.email, slot))
        connection.execute("drop policy if exists readers on chunk")
        connection.execute(
            sql.SQL("""
            create policy readers on chunk for select to {} using (
              {} in (select r.slot from readable r where r.who = current_setting('bench.who')))
            """).format(sql.Identifier(RULED), sql.Identifier(organisation.name))
        )
        connection.execute("vacuum analyze readable")


@dataclass
class Plain:
    """The index, searched through a pooled connection in a transaction, with the texts read.

    `ruled` says whether the policy applies; `ef` is hnsw.ef_search.
    """

    name: str
    engine: AsyncEngine
    ruled: bool
    ef: int = LADDER[0]

    @classmethod
    def connect(cls, scratch: Scratch, name: str, *, ruled: bool) -> Plain:
        url = make_url(scratch.url(NAME))
        if ruled:
            url = url.set(username=RULED, password=derive(scratch.secret, RULED))
        # as the product's own engines are, without what only text under a scope needs
        engine = create_async_engine(
            url,
            pool_size=2,
            isolation_level="REPEATABLE READ",
            hide_parameters=True,
            connect_args={"prepare_threshold": None},
        )
        replace_dead(engine)
        read_only(engine)
        return cls(name, engine, ruled)

    async def prepare(self, asking: Asking) -> None:
        """Nothing: the policy has its table."""

    async def search(self, asking: Asking, vector: Vectors) -> Answer:
        began = perf_counter()
        settings = {
            "ef": str(self.ef),
            "iterative": "relaxed_order" if self.ruled else "off",
            "who": asking.account.email,
        }
        async with self.engine.begin() as connection:
            raw = await driver(connection)
            # like the product: the transaction begins and is set up in one round trip
            async with raw.pipeline():
                await raw.execute(_SETTINGS, settings)
                found = await raw.execute(_NEAREST, {"vector": Reals(vector), "k": K})
            rows = await found.fetchall()
        return Answer(tuple(row[0] for row in rows), perf_counter() - began)

    async def close(self) -> None:
        await self.engine.dispose()


def _driver_url(scratch: Scratch) -> str:
    return scratch.url(NAME).replace("postgresql+psycopg://", "postgresql://")
