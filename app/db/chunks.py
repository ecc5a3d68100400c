"""The one door to chunk text: the only statements that read or write it.

Reading takes a transaction bound to a sealed scope, so row-level security decides; every query
names the readable slots besides. Only `app.retrieval` and `ingestion.index` may import this module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

import numpy as np
from pgvector import HalfVector
from psycopg import sql
from psycopg.sql import Composable
from sqlalchemy import bindparam, cast, func, insert, literal, literal_column
from sqlalchemy.dialects.postgresql import REGCONFIG

from app.db import slots
from app.db.arrays import Ids, Reals
from app.db.candidates import Candidate, ids_of
from app.db.direct import every
from app.db.engine import IngestConnection, ReaderConnection
from app.db.levels import chunk_table, delete_rows, rendition_table
from app.domain.document import EmbeddedChunk, Rendition
from app.domain.scope import Scope

_DISTANCE = sql.SQL("c.embedding <=> cast(%(vector)s as halfvec)")
_NEAREST = sql.SQL(" order by distance, c.id limit %(most)s")
_ENGLISH = cast(literal("english"), REGCONFIG)


async def read_chunks(
    connection: ReaderConnection, scope: Scope, candidates: Sequence[Candidate]
) -> list[Any]:
    """The readable ones of these chunks with their rendition, in no particular order."""
    among = ids_of(candidates)
    return await _read(
        connection,
        scope,
        {level: _of_these(level) for level in among},
        _named(among),
    )


async def read_nearest(
    connection: ReaderConnection,
    scope: Scope,
    vector: Sequence[float],
    limit: int,
    among: Mapping[str, Ids],
) -> list[Any]:
    """The readable ones of the chunks `among`, by classification, that are nearest to a unit
    vector, with their rendition, nearest first; `distance` is the cosine distance: exact."""
    rows = await _read(
        connection,
        scope,
        {level: _of_these(level) + _NEAREST for level in among},
        {"vector": Reals(np.asarray(vector, np.float32)), "most": limit, **_named(among)},
        _DISTANCE,
    )
    return sorted(rows, key=lambda row: (row.distance, row.id))[:limit]


async def read_document(connection: ReaderConnection, scope: Scope, document_id: UUID) -> list[Any]:
    """Every readable chunk of a document in order; empty when it may not be read or is not."""
    of_document = sql.SQL("c.document_id = %(document)s")
    wanted = dict.fromkeys(scope.classifications, of_document)
    rows = await _read(connection, scope, wanted, {"document": document_id})
    return sorted(rows, key=lambda row: row.ordinal)


async def _read(
    connection: ReaderConnection,
    scope: Scope,
    wanted: Mapping[str, Composable],
    parameters: Mapping[str, Any],
    distance: Composable = sql.NULL,
) -> list[Any]:
    """The readable chunks, each with its rendition, that are wanted of each classification."""
    if not wanted:
        return []
    parts = [
        sql.SQL("""
        select c.id, c.document_id, c.ordinal, c.heading, c.page, c.text, c.distance,
               r.title, r.uri, r.mime_type, r.source, r.external_id,
               r.redactions <> '{{}}' as redacted, {level} as classification
          from (select id, document_id, rendition_id, ordinal, heading, page, text,
                       {distance} as distance
                  from {chunks} c where {readable} and {wanted}) c
          join {renditions} r on r.id = c.rendition_id""").format(
            level=sql.Literal(level),
            distance=distance,
            chunks=sql.Identifier(f"chunk_{level}"),
            renditions=sql.Identifier(f"rendition_{level}"),
            readable=slots.predicate(scope),
            wanted=condition,
        )
        for level, condition in wanted.items()
    ]
    return await every(
        connection, sql.SQL(" union all ").join(parts), **slots.parameters(scope), **parameters
    )


def _of_these(level: str) -> sql.Composed:
    return sql.SQL("c.id = any ({})").format(sql.Placeholder(f"ids_{level}"))


def _named(ids: Mapping[str, Ids]) -> dict[str, Ids]:
    return {f"ids_{level}": of_level for level, of_level in ids.items()}


async def write_rendition(
    connection: IngestConnection, *, levels: Sequence[str], document_id: UUID, **described: Any
) -> None:
    """Replace whatever is indexed for a document by this rendition, in the caller's transaction;
    the rest as `add_rendition` takes it."""
    await delete_rows(connection, levels, [document_id])
    await add_rendition(connection, document_id=document_id, **described)


async def add_rendition(
    connection: IngestConnection,
    *,
    document_id: UUID,
    slot_id: int,
    source: str,
    external_id: str,
    uri: str,
    mime_type: str,
    rendition: Rendition,
    chunks: Sequence[EmbeddedChunk],
) -> None:
    """Index a rendition of a document, at whose classification it has none."""
    rendition_id = uuid4()
    await connection.execute(
        insert(rendition_table(rendition.classification)).values(
            id=rendition_id,
            document_id=document_id,
            slot_id=slot_id,
            title=rendition.title,
            uri=uri,
            mime_type=mime_type,
            source=source,
            external_id=external_id,
            redactions=dict(rendition.redactions),
            evidence=list(rendition.evidence),
        )
    )
    if not chunks:
        return
    terms = (
        func.setweight(func.to_tsvector(_ENGLISH, rendition.title), literal_column("'A'"))
        .op("||")(
            func.setweight(
                func.to_tsvector(_ENGLISH, bindparam("heading_words")), literal_column("'B'")
            )
        )
        .op("||")(func.to_tsvector(_ENGLISH, bindparam("text_words")))
    )
    await connection.execute(
        insert(chunk_table(rendition.classification)).values(terms=terms),
        [
            {
                "id": uuid4(),
                "rendition_id": rendition_id,
                "document_id": document_id,
                "slot_id": slot_id,
                "ordinal": embedded.chunk.ordinal,
                "heading": embedded.chunk.heading,
                "page": embedded.chunk.page,
                "text": embedded.chunk.text,
                "embedding": HalfVector(list(embedded.vector)),
                "heading_words": embedded.chunk.heading,
                "text_words": embedded.chunk.text,
            }
            for embedded in chunks
        ],
    )
