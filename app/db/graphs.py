"""Nearest chunks by the approximate indexes of audiences, each searched whole.

An index holds what its audience may read and nothing else, and it is searched only when the scope
may read all of that; so no walk through it meets a chunk that has to be left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from psycopg import sql
from psycopg.rows import namedtuple_row

from app.db import slots
from app.db.arrays import Integers, Reals
from app.db.audiences import Audience, predicate
from app.db.candidates import Candidate
from app.db.direct import driver
from app.db.engine import ReaderConnection
from app.domain.scope import Scope
from app.errors import ConfigurationError

BREADTH = 600
"""How many of the nearest a walk keeps while it looks for nearer ones. Of the ten nearest among
285,000 it finds .997, and .993 with 400 (pgvector 0.8; vectors like those of prose)."""
# Sorting is the one thing that could take the place of the index, by reading every row.
_SET = """
select set_config('hnsw.ef_search', %(breadth)s, true),
       set_config('hnsw.iterative_scan', 'strict_order', true),
       set_config('enable_sort', 'off', true)
"""
_READ_BACK = """
select current_setting('hnsw.ef_search', true) as breadth,
       current_setting('hnsw.iterative_scan', true) as goes_on,
       set_config('enable_sort', 'on', true)
"""
_ASKED = sql.SQL("""
with asked as materialized (
  select id, audience_open(id) as open from unnest(cast(%(asked)s as integer[])) id)
select null::uuid as id, null::float8 as value, null as level, a.id as audience
  from asked a where a.open
""")
_WALKED = sql.SQL("""
 union all (
select c.id, c.embedding <=> cast(%(vector)s as halfvec) as value, {level}, {audience}
  from {chunks} c
 where (select open from asked where id = {audience}) and {audience_slots} and {readable}
 order by value, c.id limit %(most)s)
""")


@dataclass(frozen=True, slots=True)
class Walked:
    """What was found, nearest first, and in which audiences: one that the scope may not read all
    of, or that has no index here at the moment, was not searched."""

    found: tuple[Candidate, ...]
    searched: tuple[Audience, ...]


async def nearest_of_audiences(
    connection: ReaderConnection,
    scope: Scope,
    vector: Sequence[float],
    limit: int,
    audiences: Sequence[Audience],
) -> Walked:
    """The chunks of these audiences nearest to a unit vector by cosine distance, `limit` of each.

    Raises ConfigurationError when the database does not take the settings of the search.
    """
    if not audiences:
        return Walked((), ())
    raw = await driver(connection)
    query, parameters = statement(scope, vector, limit, audiences)
    cursor = raw.cursor(row_factory=namedtuple_row)
    async with raw.pipeline():
        await raw.execute(_SET, {"breadth": str(BREADTH)})
        await cursor.execute(query, parameters)
        told = await raw.execute(_READ_BACK)
    rows: list[Any] = await cursor.fetchall()
    read_back = await told.fetchone()
    if read_back is None or read_back[:2] != (str(BREADTH), "strict_order"):
        raise ConfigurationError(
            "Postgres did not take hnsw.ef_search and hnsw.iterative_scan; it needs pgvector 0.8"
        )
    opened = {row.audience for row in rows if row.id is None}
    found = {
        row.id: Candidate(row.id, row.value, row.level) for row in rows if row.id is not None
    }  # what is in two audiences is found twice
    return Walked(
        tuple(sorted(found.values(), key=lambda one: (one.value, one.chunk_id))),
        tuple(audience for audience in audiences if audience.id in opened),
    )


def statement(
    scope: Scope, vector: Sequence[float], limit: int, audiences: Sequence[Audience]
) -> tuple[sql.Composed, dict[str, object]]:
    """The search and its parameters: a row for each audience that is open, and its nearest."""
    query = _ASKED + sql.Composed(
        [
            _WALKED.format(
                level=sql.Literal(audience.classification),
                audience=sql.Literal(audience.id),
                chunks=sql.Identifier(f"chunk_{audience.classification}"),
                audience_slots=predicate(audience.packed),
                readable=slots.predicate(scope),
            )
            for audience in audiences
        ]
    )
    return query, {
        "asked": Integers(np.array([audience.id for audience in audiences], np.int32)),
        "vector": Reals(np.asarray(vector, np.float32)),
        "most": limit,
        **slots.parameters(scope),
    }
