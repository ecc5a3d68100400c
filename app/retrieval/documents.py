"""Open the rendition that a citation points into."""

from __future__ import annotations

from uuid import UUID

from app.authz.reading import Reading
from app.db.chunks import read_document
from app.domain.scope import ReadableDocument
from app.errors import NotFound
from app.retrieval.passages import to_passage


async def open_document(read: Reading, document_id: UUID) -> ReadableDocument:
    """The rendition of a document that may be read.

    Raises NotFound, in the same words, when it may not be read and when it does not exist.
    """
    rows = await read_document(read.connection, read.scope, document_id)
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
