"""What owners see of their sources: counts, the latest job, open problems."""

from __future__ import annotations

from sqlalchemy import text

from app.catalog.jobs import to_job
from app.catalog.sources import list_sources
from app.db.engine import Database
from app.domain.principal import Account
from app.domain.source import Problem, SourceOverview

_COUNTS = text("""
select d.source_id, count(*) as documents, count(*) filter (where d.state = 'indexed') as indexed,
       count(*) filter (where d.state = 'indexed' and l.lasts is not null and now() - l.lasts
                              > greatest(s.confirmed_at, a.confirmed_at)) as withheld
  from document d join source s on s.id = d.source_id
  left join acl_slot a on a.id = d.slot_id left join lease l on l.classification = d.classification
 where d.source_id = any (cast(:sources as bigint[])) group by d.source_id
""")
_JOBS = text("""
select distinct on (j.source_id) j.*, s.key as source
  from job j join source s on s.id = j.source_id
 where j.source_id = any (cast(:sources as bigint[]))
 -- a sync that is under way comes before what is newer, and what only brought ACLs comes last
 order by j.source_id, (j.kind = 'sync' and j.state in ('queued', 'running', 'paused')) desc,
          (j.kind = 'permissions' and j.state = 'done'), j.created_at desc
""")
_PROBLEMS = text("""
select source_id, external_id, stage, reason, advice, at from problem
 where source_id = any (cast(:sources as bigint[])) and resolved_at is null
 order by at desc limit 200
""")
_NONE = (0, 0, 0)


async def overview(database: Database, account: Account | None) -> list[SourceOverview]:
    """Every source that the account may manage, by key, with at most 200 open problems in all."""
    sources = await list_sources(database, account)
    parameters = {"sources": [source.id for source in sources]}
    async with database.app() as connection:
        counts = {
            row.source_id: (row.documents, row.indexed, row.withheld)
            for row in await connection.execute(_COUNTS, parameters)
        }
        jobs = {row.source_id: to_job(row) for row in await connection.execute(_JOBS, parameters)}
        problems = list(await connection.execute(_PROBLEMS, parameters))
    return [
        SourceOverview(
            source=source,
            documents=counts.get(source.id, _NONE)[0],
            indexed=counts.get(source.id, _NONE)[1],
            withheld=counts.get(source.id, _NONE)[2],
            problems=tuple(
                Problem(row.external_id, row.stage, row.reason, row.advice, row.at)
                for row in problems
                if row.source_id == source.id
            ),
            job=jobs.get(source.id),
        )
        for source in sources
    ]
