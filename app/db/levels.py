"""The tables of each classification, as SQLAlchemy sees them. `create_level` makes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from uuid import UUID

from pgvector.sqlalchemy import HALFVEC
from sqlalchemy import Column, Integer, MetaData, Table, Text, Uuid, delete, update
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

from app.db.engine import AppConnection, IngestConnection

_METADATA = MetaData()


@cache
def rendition_table(level: str) -> Table:
    return Table(
        f"rendition_{level}",
        _METADATA,
        Column("id", Uuid, primary_key=True),
        Column("document_id", Uuid),
        Column("slot_id", Integer),
        Column("title", Text),
        Column("uri", Text),
        Column("mime_type", Text),
        Column("source", Text),
        Column("external_id", Text),
        Column("redactions", JSONB),
        Column("evidence", JSONB),
    )


@cache
def chunk_table(level: str) -> Table:
    return Table(
        f"chunk_{level}",
        _METADATA,
        Column("id", Uuid, primary_key=True),
        Column("rendition_id", Uuid),
        Column("document_id", Uuid),
        Column("slot_id", Integer),
        Column("ordinal", Integer),
        Column("heading", Text),
        Column("page", Integer),
        Column("text", Text),
        Column("embedding", HALFVEC()),
        Column("terms", TSVECTOR),
    )


async def move_rows(
    connection: AppConnection | IngestConnection, slots: Mapping[str, int], document_id: UUID
) -> None:
    """Point what is indexed for a document of each classification at another ACL slot; reads no
    text."""
    for level, slot_id in slots.items():
        for table in (rendition_table(level), chunk_table(level)):
            await connection.execute(
                update(table).where(table.c.document_id == document_id).values(slot_id=slot_id)
            )


async def delete_rows(
    connection: AppConnection | IngestConnection,
    levels: Sequence[str],
    document_ids: Sequence[UUID],
) -> None:
    """Remove everything indexed for these documents, from every classification."""
    for level in levels:
        for table in (chunk_table(level), rendition_table(level)):
            await connection.execute(
                delete(table).where(table.c.document_id.in_(list(document_ids)))
            )
