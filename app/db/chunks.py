"""The one door to chunk text: the only statements that read or write it.

Reading takes a transaction bound to a sealed scope, so row-level security decides; the slots
that every query names besides are the explicit predicate, which must agree. Only
`app.retrieval` and `ingestion.index` may import this module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from pgvector import HalfVector
from sqlalchemy import (
    REAL,
    Column,
    ColumnElement,
    Row,
    Text,
    Uuid,
    and_,
    bindparam,
    cast,
    func,
    insert,
    literal,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, BIT, INTEGER, JSONB, REGCONFIG, TSQUERY

from app.db.engine import IngestConnection, ReaderConnection
from app.db.levels import chunk_table, delete_rows, rendition_table
from app.domain.document import EmbeddedChunk, Rendition
from app.domain.scope import Scope

_ENGLISH = cast(literal("english"), REGCONFIG)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chunk that a search proposes. `value` is a distance or a rank, by kind of search."""

    chunk_id: UUID
    value: float


async def nearest(
    connection: ReaderConnection,
    scope: Scope,
    vector: Sequence[float],
    limit: int,
    among: Mapping[str, Sequence[UUID]] | None = None,
) -> list[Candidate]:
    """The readable chunks nearest to a unit vector by cosine distance, nearest first: exact.

    `among` names, by classification, the only chunks that are looked at.
    """
    value = HalfVector(list(vector))
    parts = []
    for level in scope.classifications:
        chunk = chunk_table(level)
        distance = chunk.c.embedding.cosine_distance(value).label("value")
        part = select(chunk.c.id, distance).where(_in_slots(chunk.c.slot_id, scope))
        if among is not None:
            if not (named := among.get(level)):
                continue
            part = part.where(chunk.c.id == func.any(cast(list(named), ARRAY(Uuid))))
        parts.append(part.order_by(distance, chunk.c.id).limit(limit))
    return await _best(connection, parts, limit, descending=False)


async def matching(
    connection: ReaderConnection, scope: Scope, query: str, limit: int
) -> list[Candidate]:
    """The readable chunks that share words with the query, best rank first.

    Any word may match (a question rarely has all its words in one passage). The rank uses the
    chunk alone, no statistics of the corpus, so that what may not be read cannot shift it. The
    function looks words up in the index, and applies the verified scope by itself.
    """
    words = cast(func.replace(cast(func.plainto_tsquery(_ENGLISH, query), Text), "&", "|"), TSQUERY)
    parts = [
        select(
            func.matching_chunks(level, words, limit)
            .table_valued(Column("id", Uuid), Column("value", REAL))
            .render_derived()
        )
        for level in scope.classifications
    ]
    return await _best(connection, parts, limit, descending=True)


async def read_chunks(
    connection: ReaderConnection, scope: Scope, chunk_ids: Sequence[UUID]
) -> list[Row[Any]]:
    """The readable ones of these chunks with their rendition, in no particular order."""
    parts = [
        _with_rendition(level).where(
            chunk_table(level).c.id.in_(list(chunk_ids)),
            _in_slots(chunk_table(level).c.slot_id, scope),
        )
        for level in scope.classifications
    ]
    if not parts or not chunk_ids:
        return []
    return list((await connection.execute(union_all(*parts))).all())


async def read_document(
    connection: ReaderConnection, scope: Scope, document_id: UUID
) -> list[Row[Any]]:
    """Every readable chunk of a document in order; empty when it may not be read or is not."""
    rows: list[Row[Any]] = []
    for level in scope.classifications:
        chunk = chunk_table(level)
        statement = (
            _with_rendition(level)
            .where(chunk.c.document_id == document_id, _in_slots(chunk.c.slot_id, scope))
            .order_by(chunk.c.ordinal)
        )
        rows.extend((await connection.execute(statement)).all())
    return rows


async def write_rendition(
    connection: IngestConnection,
    *,
    levels: Sequence[str],
    document_id: UUID,
    slot_id: int,
    source: str,
    external_id: str,
    uri: str,
    mime_type: str,
    rendition: Rendition,
    chunks: Sequence[EmbeddedChunk],
) -> None:
    """Replace whatever is indexed for a document by this rendition, in the caller's transaction."""
    await delete_rows(connection, levels, [document_id])
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


def _in_slots(slot: ColumnElement[int], scope: Scope) -> ColumnElement[bool]:
    """The explicit predicate. Named slots let an index find their chunks; many are sent as bits,
    since a long list costs more a row than one bit does."""
    if scope.slots.few is not None:
        return slot == func.any(cast(list(scope.slots.few), ARRAY(INTEGER)))
    packed = scope.slots.packed
    bits = cast(f"x{packed.hex()}", BIT(varying=True))
    return and_(slot < 8 * len(packed), func.get_bit(bits, slot) == 1)


def _with_rendition(level: str) -> Any:
    chunk, rendition = chunk_table(level), rendition_table(level)
    return select(
        chunk.c.id,
        chunk.c.document_id,
        chunk.c.ordinal,
        chunk.c.heading,
        chunk.c.page,
        chunk.c.text,
        rendition.c.title,
        rendition.c.uri,
        rendition.c.mime_type,
        rendition.c.source,
        rendition.c.external_id,
        (rendition.c.redactions != cast(literal("{}"), JSONB)).label("redacted"),
        literal(level).label("classification"),
    ).join_from(chunk, rendition, rendition.c.id == chunk.c.rendition_id)


async def _best(
    connection: ReaderConnection, parts: Sequence[Any], limit: int, *, descending: bool
) -> list[Candidate]:
    if not parts:
        return []
    every = union_all(*(part.subquery().select() for part in parts)).subquery()
    order = every.c.value.desc() if descending else every.c.value
    rows = await connection.execute(select(every).order_by(order, every.c.id).limit(limit))
    return [Candidate(row.id, row.value) for row in rows]
