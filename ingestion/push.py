"""The job of pushed documents: what the intake of a job holds goes through the pipeline."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from sqlalchemy import text

from app.domain.acl import Acl
from app.domain.document import SourceItem
from ingestion.classify import Stated
from ingestion.index import Indexer
from ingestion.job import Claimed, JobLedger
from ingestion.pipeline import Pipeline, Tally
from ingestion.work import Work, fingerprint

_WAITING = text("select id from intake where job_id = :job and state = 'waiting' order by id")
_ITEM = text("""
select i.id, i.document_id, i.external_id, i.item, i.content, i.acl_sequence, i.source_id,
       s.key as source, s.classification_floor, d.fingerprint, d.state as document_state,
       c.classification as decided, c.seconded_by is not null as seconded
  from intake i join source s on s.id = i.source_id
  left join document d on d.id = i.document_id
  left join decision c on c.source_id = i.source_id and c.external_id = i.external_id
       and c.ended_at is null
 where i.id = :id and i.state = 'waiting'
""")
_COUNTS = text("""
select count(*) as total, count(*) filter (where state <> 'waiting') as ended,
       count(*) filter (where state = 'failed') as failed
  from intake where job_id = :job
""")
_REASONS = text("""
select p.reason, p.advice from problem p join intake i
    on i.source_id = p.source_id and i.external_id = p.external_id
 where i.job_id = :job and i.state = 'failed' and p.resolved_at is null limit 1
""")


@dataclass(frozen=True)
class PushJob:
    """Runs a job of kind `ingest`; repeating it does only what is left."""

    pipeline: Pipeline
    indexer: Indexer
    ledger: JobLedger
    version: str

    async def run(self, job: Claimed) -> str:
        """Index what waits; a message for the owner, empty when all went well."""

        tally = Tally()

        async def report() -> None:
            async with self.indexer.database.ingest() as connection:
                counts = (await connection.execute(_COUNTS, {"job": job.id})).one()
            await self.ledger.progress(
                job,
                total=counts.total,
                done=counts.ended,
                failed=counts.failed,
                further=tally.outcomes["embedded"] > 0,
                detail={
                    "outcomes": dict(tally.outcomes),
                    "stages": {stage: round(s, 3) for stage, s in tally.seconds.items()},
                },
            )

        await self.pipeline.run(self._works(job), tally, report)
        await report()
        if not tally.outcomes["failed"] + tally.outcomes["quarantined"]:
            return ""
        async with self.indexer.database.ingest() as connection:
            row = (await connection.execute(_REASONS, {"job": job.id})).first()
        return f"{row.reason}: {row.advice}" if row else "some documents could not be indexed"

    async def _works(self, job: Claimed) -> AsyncIterator[Work]:
        async with self.indexer.database.ingest() as connection:
            waiting = list(await connection.scalars(_WAITING, {"job": job.id}))
        for intake_id in waiting:
            async with self.indexer.database.ingest() as connection:
                row = (await connection.execute(_ITEM, {"id": intake_id})).one_or_none()
            if row is None:
                continue
            acl = row.item["acl"]
            item = SourceItem(
                source=row.source,
                external_id=row.external_id,
                title=row.item["title"],
                uri=row.item["uri"],
                mime_type=row.item["mime_type"],
                content=bytes(row.content),
                container=row.item["container"],
                acl=None if acl is None else Acl.parse(acl["allow"], acl["deny"]),
            )
            stated = Stated(
                source=row.classification_floor,
                document=row.item["classification"],
                decided=row.decided,
                seconded=row.seconded,
            )
            work = Work(
                source_id=row.source_id,
                document_id=row.document_id,
                item=item,
                stated=stated,
                fingerprint=fingerprint(item, stated, self.version),
                acl_sequence=row.acl_sequence,
                intake_id=row.id,
            )
            if row.document_state == "indexed" and row.fingerprint == work.fingerprint:
                await self.indexer.place(work)
            else:
                yield work
