"""The record of what owners have to know: one open problem per document."""

from __future__ import annotations

from sqlalchemy import text

from app.db.engine import IngestConnection
from ingestion.problem import DocumentProblem

_OPEN = text("""
insert into problem (source_id, external_id, stage, reason, advice, quarantined)
values (:source, :external, :stage, :reason, :advice, :quarantined)
on conflict (source_id, external_id) where resolved_at is null
   do update set stage = :stage, reason = :reason, advice = :advice, at = now(),
                 quarantined = :quarantined
""")
_RESOLVE = text("""
update problem set resolved_at = now()
 where source_id = :source and external_id = :external and resolved_at is null
""")


async def open_problem(
    connection: IngestConnection,
    source_id: int,
    external_id: str,
    problem: DocumentProblem,
    quarantined: str | None = None,
) -> None:
    """`quarantined` is the fingerprint of what is not to be tried again."""
    await connection.execute(
        _OPEN,
        {
            "source": source_id,
            "external": external_id,
            "stage": problem.stage,
            "reason": problem.reason,
            "advice": problem.advice,
            "quarantined": quarantined,
        },
    )


async def resolve_problem(connection: IngestConnection, source_id: int, external_id: str) -> None:
    await connection.execute(_RESOLVE, {"source": source_id, "external": external_id})
