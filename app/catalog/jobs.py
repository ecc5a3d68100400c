"""Jobs: asked for here, done by the ingestion, kept in Postgres."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from app.db.engine import AppConnection, Database
from app.domain.principal import Account, Role
from app.domain.source import Job, Source, SyncChange
from app.errors import Conflict, InvalidInput, NotFound

_NEW = text("""
insert into job (kind, source_id, requested_by, total) values (:kind, :source, :by, :total)
returning id
""")
_GET = text("""
select j.*, s.key as source, p.key as owner
  from job j join source s on s.id = j.source_id left join principal p on p.id = s.owner_id
 where j.id = :id
""")
_OPEN_SYNC = text("""
select id, state from job
 where source_id = :source and kind = :kind and state in ('queued', 'running', 'paused')
 order by created_at limit 1
""")
_STATE = text("""
update job set state = :to, message = :message, attempts = 0,
       finished_at = case when :to = 'cancelled' then now() end
 where id = :id and state = any (:before)
returning id
""")
_CHANGES: dict[SyncChange, dict[str, Any]] = {
    SyncChange.PAUSE: {"to": "paused", "message": "", "before": ["queued", "running"]},
    SyncChange.RESUME: {"to": "queued", "message": "", "before": ["paused"]},
    SyncChange.CANCEL: {
        "to": "cancelled",
        "message": "somebody cancelled it; what it had indexed stays",
        "before": ["queued", "running", "paused"],
    },
}
"""The state that each leads to, and from which."""
_LOCK_SOURCE = text("select 1 from source where id = :source for update")


async def new_job(
    connection: AppConnection, kind: str, source_id: int, account: Account | None, total: int = 0
) -> UUID:
    by = account.principal_id if account else None
    return UUID(
        str(
            await connection.scalar(
                _NEW, {"kind": kind, "source": source_id, "by": by, "total": total}
            )
        )
    )


async def start_preview(database: Database, account: Account | None, source: Source) -> UUID:
    """The id of the job that looks at what the source would become: the one that waits or runs
    already, or a new one. Raises InvalidInput for a source that is pushed to."""
    return await _start(database, account, source, "preview")


async def start_sync(
    database: Database, account: Account | None, source: Source, *, acls_only: bool = False
) -> UUID:
    """The id of the source's sync: the one that waits or runs already, one that is paused, which
    goes on, or a new one. With `acls_only` no content is read.

    Raises InvalidInput for a source that is pushed to.
    """
    return await _start(database, account, source, "permissions" if acls_only else "sync")


async def _start(database: Database, account: Account | None, source: Source, kind: str) -> UUID:
    if source.kind == "push":
        raise InvalidInput(f"source {source.key!r} is pushed to; there is nothing to sync")
    async with database.app() as connection:
        await connection.execute(_LOCK_SOURCE, {"source": source.id})
        opened = await _open(connection, source, kind)
        if opened is None:
            return await new_job(connection, kind, source.id, account)
        if opened.state == "paused":
            await connection.execute(_STATE, {"id": opened.id, **_CHANGES[SyncChange.RESUME]})
        return UUID(str(opened.id))


async def change_sync(
    database: Database, account: Account | None, source: Source, change: SyncChange
) -> UUID:
    """Pause, resume or cancel the source's sync; the id of its job.

    What it has indexed so far stays, and a sync that goes on, or the next one, does what is left.
    Raises Conflict where no sync is in a state for it.
    """
    async with database.app() as connection:
        await connection.execute(_LOCK_SOURCE, {"source": source.id})
        opened = await _open(connection, source, "sync")
        changed = opened and await connection.scalar(_STATE, {"id": opened.id, **_CHANGES[change]})
    if not changed:
        state = f"its sync is {opened.state}" if opened else "no sync of it waits or runs"
        raise Conflict(f"source {source.key!r}: there is nothing to {change}; {state}")
    return UUID(str(changed))


async def _open(connection: AppConnection, source: Source, kind: str) -> Row[Any] | None:
    """The source's job of this kind that has not ended."""
    parameters = {"source": source.id, "kind": kind}
    return (await connection.execute(_OPEN_SYNC, parameters)).one_or_none()


async def get_job(database: Database, account: Account | None, job_id: UUID) -> Job:
    """A job of a source that the account may manage. Raises NotFound, also where it may not."""
    async with database.app() as connection:
        row = (await connection.execute(_GET, {"id": job_id})).one_or_none()
    if row is None or not (
        account is None or account.role is Role.ADMIN or row.owner == account.email
    ):
        raise NotFound("there is no such job, or you may not see it")
    return to_job(row)


async def wait_for(
    database: Database, account: Account | None, job_id: UUID, seconds: float
) -> Job:
    """The job once it has ended. Raises Conflict when it has not after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        job = await get_job(database, account, job_id)
        if job.ended:
            return job
        await asyncio.sleep(0.1)
    raise Conflict(f"job {job_id} is still at work; look at it later, nothing is lost")


def to_job(row: Row[Any]) -> Job:
    return Job(
        id=row.id,
        kind=row.kind,
        source=row.source,
        source_id=row.source_id,
        state=row.state,
        total=row.total,
        done=row.done,
        failed=row.failed,
        message=row.message,
        detail=row.detail,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )
