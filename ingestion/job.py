"""A job's life in Postgres: claimed by one worker, kept alive, ended or taken up again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.db.engine import Database
from app.errors import Unavailable

STALE_SECONDS = 30
"""A job whose worker has not been heard of for so long is taken up by another."""
ATTEMPTS = 5
"""So often a job is taken up without getting anywhere."""

_CLAIM = text("""
update job set state = 'running', attempts = attempts + 1, heartbeat_at = now(),
       started_at = coalesce(started_at, now()), message = ''
 where id = (
   select j.id from job j
    where (cast(:id as uuid) is null or j.id = :id)
      and (cast(:kind as text) is null or j.kind = :kind) and j.attempts < :attempts
      and (j.state = 'queued'
           or (j.state = 'running'
               and j.heartbeat_at < now() - make_interval(secs => :stale)))
      and not exists (
        select from job other where other.source_id = j.source_id and other.id <> j.id
           and other.kind in ('sync', 'permissions') and j.kind in ('sync', 'permissions')
           and other.state = 'running'
           and other.heartbeat_at >= now() - make_interval(secs => :stale))
    order by j.created_at limit 1 for update skip locked)
returning id, kind, source_id
""")
_GIVE_UP = text("""
update job set state = 'failed', finished_at = now(),
       message = 'given up after ' || attempts || ' attempts; see the log of the worker'
 where attempts >= :attempts and (state = 'queued' or (state = 'running'
   and heartbeat_at < now() - make_interval(secs => :stale)))
""")
_RETRY = text("""
update job set state = 'queued', message = :message,
       attempts = case when :counts then attempts else greatest(attempts - 1, 0) end
 where id = :id and state = 'running'
""")
_PROGRESS = text("""
update job set heartbeat_at = now(), total = :total, done = :done, failed = :failed,
       detail = cast(:detail as jsonb), attempts = case when :further then 0 else attempts end
 where id = :id and state = 'running'
""")
_ALIVE = text("""
update job set heartbeat_at = now() where id = :id and state = 'running' returning id
""")
_ASK = text("""
insert into job (kind, source_id)
select :kind, :source where not exists (
  select from job where source_id = :source and kind = :kind
     and state in ('queued', 'running', 'paused'))
""")
_END = text("""
update job set state = :state, message = :message, finished_at = now()
 where id = :id and state in ('running', 'paused')
""")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job that this worker does and nobody else, until it is paused or cancelled."""

    id: UUID
    kind: str
    source_id: int


@dataclass(frozen=True)
class JobLedger:
    """What workers do to jobs."""

    database: Database

    async def claim(self, job_id: UUID | None = None, kind: str | None = None) -> Claimed | None:
        """This job, or the oldest of a kind that waits; None when there is none to do."""
        parameters = {"id": job_id, "kind": kind, "attempts": ATTEMPTS, "stale": STALE_SECONDS}
        async with self.database.ingest() as connection:
            await connection.execute(_GIVE_UP, {"attempts": ATTEMPTS, "stale": STALE_SECONDS})
            row = (await connection.execute(_CLAIM, parameters)).one_or_none()
        return Claimed(row.id, row.kind, row.source_id) if row else None

    async def progress(
        self,
        job: Claimed,
        *,
        total: int,
        done: int,
        failed: int,
        detail: Mapping[str, Any],
        further: bool = False,
    ) -> None:
        """`further` says that something is done for good, which no later attempt does again: then
        the attempts so far were no failures."""
        parameters = {
            "id": job.id, "total": total, "done": done, "failed": failed, "further": further,
        }  # fmt: skip
        async with self.database.ingest() as connection:
            await connection.execute(_PROGRESS, {**parameters, "detail": json.dumps(dict(detail))})

    async def alive(self, job: Claimed) -> bool:
        """Whether the job is still to be done: it may have been paused, cancelled, or gone with
        its source."""
        async with self.database.ingest() as connection:
            return await connection.scalar(_ALIVE, {"id": job.id}) is not None

    async def ask_for(self, source_id: int, kind: str) -> None:
        """A job of this kind; one that waits or runs already, or is paused, is enough."""
        async with self.database.ingest() as connection:
            await connection.execute(_ASK, {"source": source_id, "kind": kind})

    async def end(self, job: Claimed, state: str, message: str = "") -> None:
        """`state` is done or failed; `message` is for the owner."""
        async with self.database.ingest() as connection:
            await connection.execute(_END, {"id": job.id, "state": state, "message": message})

    async def retry(self, job: Claimed, message: str, *, counts: bool) -> None:
        """Back into the queue, for this or another worker; `counts` says whether the attempt was
        the job's own failure."""
        parameters = {"id": job.id, "message": message, "counts": counts}
        async with self.database.ingest() as connection:
            await connection.execute(_RETRY, parameters)

    async def give_back(self, job: Claimed, message: str) -> None:
        """The same for a job whose database went away, as soon as that is back. When it stays away,
        the job is stale and another's, so that is not waited for."""
        with suppress(TimeoutError):
            async with asyncio.timeout(STALE_SECONDS / 2):
                while True:
                    with suppress(Unavailable):
                        await self.retry(job, message, counts=False)
                        return
                    await asyncio.sleep(1)
