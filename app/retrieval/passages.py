"""Rows of the one door as passages."""

from __future__ import annotations

from typing import Any

from app.domain.scope import Passage


def to_passage(row: Any, score: float) -> Passage:
    """`row` comes from `app.db.chunks`."""
    return Passage(
        chunk_id=row.id,
        document_id=row.document_id,
        external_id=row.external_id,
        source=row.source,
        title=row.title,
        uri=row.uri,
        classification=row.classification,
        heading=row.heading,
        page=row.page,
        text=row.text,
        score=score,
    )
