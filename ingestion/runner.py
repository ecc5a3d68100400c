"""Do jobs: claim one, run it with a heartbeat, and record how it ended."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row, text

from app.catalog.secrets import SourceSecrets
from app.db.engine import Database
from app.errors import ConfigurationError, Unavailable
from app.inference.embed import Embedder
from ingestion.connect import Access, connector
from ingestion.copies import Copies
from ingestion.index import Indexer
from ingestion.job import Claimed, JobLedger
from ingestion.notes import Notes
from ingestion.permissions import PermissionJob
from ingestion.pipeline import Pipeline, pipeline_version
from ingestion.pool import PreparationPool
from ingestion.prepare import Rules
from ingestion.preview import PreviewJob
from ingestion.prototypes import Prototypes
from ingestion.push import PushJob
from ingestion.source_index import SourceIndex
from ingestion.sources import Connector, SourceUnreadable
from ingestion.sources.reach import Reach
from ingestion.sync import SyncJob

HEARTBEAT_SECONDS = 2.0
"""So soon a job that was paused or cancelled stops."""

_SOURCE = text("select id, key, kind, config, classification_floor from source where id = :id")
_CONFIGS = text("select id, config from source")
_DUE = text("""
insert into job (kind, source_id)
select :kind, s.id from source s
  -- 0 is never, and so is null here
  cross join lateral (select nullif(coalesce(
         case when :kind = 'sync' then s.sync_minutes else s.permission_minutes end, :minutes), 0)
         as minutes) d
 where s.kind <> 'push' and s.synced_at is not null
   and case when :kind = 'sync' then s.synced_at else s.confirmed_at end
       < now() - make_interval(mins => d.minutes)
   and not exists (select from job j where j.source_id = s.id and j.kind = :kind
                      and (j.state in ('queued', 'running', 'paused')
                           or j.created_at > now() - make_interval(mins => d.minutes)))
""")

_log = structlog.get_logger(__name__)


@dataclass
class Runner:
    """Runs the jobs of one worker: of each kind one after another, so that what is pushed does
    not wait for a long sync."""

    database: Database
    embedder: Embedder
    policies: Path
    levels: tuple[str, ...]
    max_bytes: int
    pool: PreparationPool
    secrets: SourceSecrets | None = None
    copies: Copies | None = None
    _known: tuple[str, Prototypes] = field(default=("", Prototypes(())), init=False)

    async def run_waiting(self, job_id: UUID | None = None, kind: str | None = None) -> int:
        """Do this job, or everything of a kind that waits; how many were done."""
        ledger = JobLedger(self.database)
        count = 0
        while job := await ledger.claim(job_id, kind):
            await self._run(job, ledger)
            count += 1
            if job_id is not None:
                break
        return count

    async def warm(self) -> None:
        """Load models and start a process, so that the first document does not wait for them.

        Raises ConfigurationError when a policy file is wrong.
        """
        self._current_version()
        await asyncio.gather(self.pool.warm(), asyncio.to_thread(self.embedder.embed, ["warm"]))

    def _current_version(self) -> str:
        """The policies as they are now: what is prepared from here on follows them."""
        Rules.load(self.policies)
        version = pipeline_version(self.policies, self.embedder.name)
        self.pool.use(version)
        return version

    async def _prototypes(self, version: str) -> Prototypes:
        """Embedded once for each version of the policies."""
        if version != self._known[0]:
            loaded = await asyncio.to_thread(Prototypes.load, self.policies, self.embedder)
            self._known = version, loaded
        return self._known[1]

    async def ask_for_due(self, kind: str, minutes: int) -> None:
        """A job of this kind, `sync` or `permissions`, for every source that had none for so
        long, or for as long as its own schedule says. Of a source that was never synced nothing is
        asked."""
        async with self.database.ingest() as connection:
            await connection.execute(_DUE, {"kind": kind, "minutes": minutes})

    async def forget_copies(self) -> None:
        """Delete what was kept of sources that are gone, or configured otherwise now."""
        if self.copies is not None and not self.copies.empty:
            async with self.database.ingest() as connection:
                rows = list(await connection.execute(_CONFIGS))
            await asyncio.to_thread(self.copies.keep_only, [(row.id, row.config) for row in rows])

    async def _run(self, job: Claimed, ledger: JobLedger) -> None:
        log = _log.bind(job=str(job.id), kind=job.kind)
        try:
            message = await _while_wanted(self._do(job, ledger), ledger, job)
            if message is None:
                log.info("job_stopped")
                return
            await ledger.end(job, "done", message)
            log.info("job_done")
        except asyncio.CancelledError:
            with contextlib.suppress(Unavailable):
                await ledger.retry(job, "its worker was stopped", counts=False)
            raise
        except Exception as error:
            await self._ended_by(_alone(error), job, ledger, log)

    async def _ended_by(
        self, error: Exception, job: Claimed, ledger: JobLedger, log: structlog.stdlib.BoundLogger
    ) -> None:
        if isinstance(error, SourceUnreadable | ConfigurationError):
            await ledger.end(job, "failed", str(error))
            log.warning("job_failed", kind_of_error=type(error).__name__)
        elif isinstance(error, Unavailable):
            log.warning("job_interrupted", kind_of_error=type(error).__name__)
            await ledger.give_back(job, error.message)
        else:
            # The message may quote a document; its kind and place are enough to mend it.
            log.error("job_broke", kind_of_error=_kinds(error))
            message = f"broke with {_kinds(error)}; it is tried again"
            with contextlib.suppress(Unavailable):
                await ledger.retry(job, message, counts=True)

    async def _do(self, job: Claimed, ledger: JobLedger) -> str:
        indexer = Indexer(self.database, self.levels)
        version = self._current_version()
        pipeline = Pipeline(self.pool, self.embedder, indexer, await self._prototypes(version))
        if job.kind == "ingest":
            return await PushJob(pipeline, indexer, ledger, version).run(job)
        source = await self._source(job.source_id)
        index = self.index_of(source, version)
        notes = Notes(self.database)
        before = await notes.load(source.id)
        memory = dict(before)
        reader = connector(source.kind, source.config, await self._access(source, memory))
        try:
            return await self._read(job, index, reader, pipeline, ledger)
        finally:
            await notes.save(source.id, before, dict(memory))

    async def reader(self, source_id: int) -> tuple[Row[Any], Connector]:
        """A source with what reads it, which notes nothing. Raises SourceUnreadable and
        ConfigurationError."""
        source = await self._source(source_id)
        memory = await Notes(self.database).load(source_id)
        return source, connector(source.kind, source.config, await self._access(source, memory))

    def index_of(self, source: Row[Any], version: str = "") -> SourceIndex:
        """What is indexed of a source. `version` is the pipeline's, where content is compared."""
        indexer = Indexer(self.database, self.levels)
        return SourceIndex(source.id, source.key, source.classification_floor, indexer, version)

    async def _source(self, source_id: int) -> Row[Any]:
        async with self.database.ingest() as connection:
            row = (await connection.execute(_SOURCE, {"id": source_id})).one_or_none()
        if row is None:
            raise SourceUnreadable("the source was removed")
        return row

    async def _access(self, source: Row[Any], memory: dict[str, str]) -> Access:
        """What the connector of a source may use."""
        secret = await self.secrets.get(source.id) if self.secrets else None
        cache = None
        if self.copies is not None:
            self.copies.make()
            cache = self.copies.of(source.id, source.config)
        reach = Reach.load(self.policies)
        return Access(self.levels, self.max_bytes, reach, secret, memory, cache)

    async def _read(
        self,
        job: Claimed,
        index: SourceIndex,
        reader: Connector,
        pipeline: Pipeline,
        ledger: JobLedger,
    ) -> str:
        if job.kind == "preview" and self.secrets is not None:
            return await PreviewJob(index, reader, pipeline, ledger, self.secrets).run(job)
        if job.kind == "permissions":
            return await PermissionJob(index, reader, ledger).run(job)
        return await SyncJob(index, reader, pipeline, ledger).run(job)


async def _while_wanted(
    work: Coroutine[Any, Any, str], ledger: JobLedger, job: Claimed
) -> str | None:
    """What the work says at its end, with a heartbeat meanwhile; None where somebody paused or
    cancelled the job: then it is stopped between two transactions, and nothing is half done."""

    async def unwanted() -> None:
        wanted = True
        while wanted:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            with contextlib.suppress(Unavailable):
                wanted = await ledger.alive(job)

    working, watching = asyncio.create_task(work), asyncio.create_task(unwanted())
    try:
        await asyncio.wait((working, watching), return_when=asyncio.FIRST_COMPLETED)
        return await working if working.done() else None
    finally:
        for task in (working, watching):
            task.cancel()
        await asyncio.gather(working, watching, return_exceptions=True)


def _alone(error: Exception) -> Exception:
    """The error by itself where tasks beside each other failed of one kind, as all do when the
    database goes away."""
    if not isinstance(error, ExceptionGroup):
        return error
    inner = [_alone(one) for one in error.exceptions]
    return inner[0] if len({type(one) for one in inner}) == 1 else error


def _kinds(error: BaseException) -> str:
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    return ", ".join(_kinds(e) for e in inner) if inner else type(error).__name__
