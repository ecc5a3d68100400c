"""Open what a citation points at: a passage, or the whole rendition around it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from app.db.chunks import read_chunks, read_document
from app.db.engine import Database
from app.domain.scope import Passage, ReadableDocument, Scope
from app.errors import NotFound
from app.retrieval.passages import to_passage


async def open_document(database: Database, scope: Scope, document_id: UUID) -> ReadableDocument:
    """The rendition of a document that the scope may read.

    Raises NotFound, in the same words, when it may not be read and when it does not exist.
    """
    async with database.reader(scope.sealed) as connection:
        rows = await read_document(connection, scope, document_id)
    if not rows:
        raise NotFound
    first = rows[0]
    return ReadableDocument(
        document_id=document_id,
        title=first.title,
        uri=first.uri,
        source=first.source,
        external_id=first.external_id,
        mime_type=first.mime_type,
        classification=first.classification,
        redacted=first.redacted,
        passages=tuple(to_passage(row, 0.0) for row in rows),
    )


async def read_passages(
    database: Database, scope: Scope, chunk_ids: Sequence[UUID]
) -> tuple[Passage, ...]:
    """Those of the chunks that the scope may read, in the order asked for."""
    async with database.reader(scope.sealed) as connection:
        rows = {row.id: row for row in await read_chunks(connection, scope, chunk_ids)}
    return tuple(to_passage(rows[id_], 0.0) for id_ in chunk_ids if id_ in rows)
