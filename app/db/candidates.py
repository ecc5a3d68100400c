"""Chunks that a search proposes: found under row-level security, by id, without their text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from psycopg import sql

from app.db import slots
from app.db.arrays import Ids, Reals
from app.db.direct import Statement, every, together
from app.db.engine import ReaderConnection
from app.domain.scope import Scope

_NONE = sql.SQL("(select null::uuid as id, null::float8 as value, null as level limit 0)")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chunk that a search proposes. `value` is a distance or a rank, by kind of search."""

    chunk_id: UUID
    value: float
    classification: str


def ids_of(candidates: Sequence[Candidate]) -> dict[str, Ids]:
    """Their ids by classification."""
    ids: dict[str, list[UUID]] = {}
    for candidate in candidates:
        ids.setdefault(candidate.classification, []).append(candidate.chunk_id)
    return {level: Ids.of(of_level) for level, of_level in ids.items()}


async def nearest(
    connection: ReaderConnection,
    scope: Scope,
    vector: Sequence[float],
    limit: int,
    among: Mapping[str, Ids] | None = None,
) -> list[Candidate]:
    """The readable chunks nearest to a unit vector by cosine distance, nearest first: exact.

    `among` names, by classification, the only chunks that are looked at.
    """
    query, parameters = _nearest(scope, vector, limit, among)
    rows = await every(connection, query, **parameters)
    return [Candidate(row.id, row.value, row.level) for row in rows]


async def matching(
    connection: ReaderConnection, scope: Scope, query: str, limit: int
) -> list[Candidate]:
    """The readable chunks that share words with the query, best rank first.

    Any word may match (a question rarely has all its words in one passage). The rank uses the
    chunk alone, no statistics of the corpus, so that what may not be read cannot shift it. The
    function looks words up in the index, and applies the verified scope by itself.
    """
    statement, parameters = _matching(scope, query, limit)
    rows = await every(connection, statement, **parameters)
    return [Candidate(row.id, -row.value, row.level) for row in rows]


async def nearest_and_matching(
    connection: ReaderConnection,
    scope: Scope,
    vector: Sequence[float],
    query: str,
    limit: int,
    among: Mapping[str, Ids],
) -> tuple[list[Candidate], list[Candidate]]:
    """What `nearest` and `matching` give, in one round trip."""
    near, match = await together(
        connection, _nearest(scope, vector, limit, among), _matching(scope, query, limit)
    )
    return (
        [Candidate(row.id, row.value, row.level) for row in near],
        [Candidate(row.id, -row.value, row.level) for row in match],
    )


def _nearest(
    scope: Scope, vector: Sequence[float], limit: int, among: Mapping[str, Ids] | None
) -> Statement:
    levels = scope.classifications if among is None else tuple(among)
    named = {f"ids_{level}": ids for level, ids in (among or {}).items()}
    return _best(
        [_nearest_in(level, slots.predicate(scope), among is not None) for level in levels],
        vector=Reals(np.asarray(vector, np.float32)),
        most=limit,
        **named,
        **slots.parameters(scope),
    )


def _matching(scope: Scope, query: str, limit: int) -> Statement:
    parts = [_matching_in(level) for level in scope.classifications]
    return _best(parts, query=query, most=limit)


def _nearest_in(level: str, readable: sql.SQL, among: bool) -> sql.Composed:
    return sql.SQL("""
    (select c.id, c.embedding <=> cast(%(vector)s as halfvec) as value, {level} as level
       from {chunks} c where {readable} {among} order by value, id limit %(most)s)""").format(
        level=sql.Literal(level),
        chunks=sql.Identifier(f"chunk_{level}"),
        readable=readable,
        among=sql.SQL("and c.id = any ({})").format(sql.Placeholder(f"ids_{level}"))
        if among
        else sql.SQL(""),
    )


def _matching_in(level: str) -> sql.Composed:
    return sql.SQL("""
    (select m.id, -m.value as value, {level} as level
       from matching_chunks({level}, cast(replace(cast(plainto_tsquery('english', %(query)s)
                            as text), '&', '|') as tsquery), %(most)s) m)""").format(
        level=sql.Literal(level)
    )


def _best(parts: Sequence[sql.Composed], **parameters: Any) -> Statement:
    """The first `most` rows of all parts, each with id, value and level, by value and id."""
    every_part = sql.SQL(" union all ").join(parts) if parts else _NONE
    query = sql.SQL("select * from ({}) found order by value, id limit %(most)s").format(every_part)
    return query, parameters
