"""The job of a source that is read: what it has now becomes what is indexed, and nothing else.

ACLs that let fewer people in hold before any content is touched; those that let more people in
hold after it. So what leaves a document in the same sync is never shown to its new audience.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from time import perf_counter
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from app.db.levels import delete_rows
from app.db.revision import raise_revision
from app.domain.document import SourceItem
from ingestion.classify import Stated
from ingestion.containers import narrow, widen
from ingestion.formats import BY_SUFFIX
from ingestion.index import Indexer, unknown
from ingestion.job import Claimed, JobLedger
from ingestion.pipeline import Pipeline, Tally
from ingestion.problem import DocumentProblem
from ingestion.problems import open_problem, resolve_problem
from ingestion.sources import Connector, Listed, Scan, SourceUnreadable
from ingestion.work import Work, fingerprint, listing

_KNOWN = text("""
select d.id, d.external_id, d.fingerprint, d.state, d.acl_sequence, d.listed_as, d.placed_as,
       p.id is not null as troubled, p.quarantined
  from document d left join problem p on p.source_id = d.source_id
       and p.external_id = d.external_id and p.resolved_at is null
 where d.source_id = :source
""")
_ADD = text("""
insert into document (source_id, external_id) values (:source, :external)
on conflict (source_id, external_id) do update set external_id = excluded.external_id
returning id, acl_sequence
""")
_LOCK = text("select id from document where id = any (:ids) order by id for update")
_DELETE = text("delete from document where id = any (:ids)")
_OPEN_PROBLEMS = text("""
select external_id from problem where source_id = :source and resolved_at is null
""")
_SYNCED = text("""
update source set synced_at = now(), confirmed_at = now() - make_interval(secs => :since)
 where id = :source
""")


@dataclass(frozen=True)
class SyncJob:
    """Runs a job of kind `sync` for one source."""

    source_id: int
    source: str
    floor: str
    connector: Connector
    pipeline: Pipeline
    indexer: Indexer
    ledger: JobLedger
    version: str

    async def run(self, job: Claimed) -> str:
        """Bring the index to what the source has. Raises SourceUnreadable, and then nothing has
        changed."""
        began = perf_counter()
        scan = await asyncio.to_thread(self.connector.scan)
        known = await self._known()
        if known and not scan.documents and not scan.containers:
            raise SourceUnreadable(
                "the folder is empty, as if it were not mounted, so nothing was deleted;"
                " mount it, or remove the source"
            )
        await self._narrow(scan)

        tally = Tally()

        async def report() -> None:
            await self._report(job, scan, tally, perf_counter() - began)

        await self.pipeline.run(self._works(scan, known, tally), tally, report)
        present = {listed.external_id for listed in scan.documents}
        gone = [row.id for name, row in known.items() if name not in present]
        await self._delete(gone)
        tally.outcomes["deleted"] = len(gone)
        await self._widen(scan)
        await self._settle_problems(scan, present, began)
        await report()
        lost = tally.outcomes["failed"] + tally.outcomes["quarantined"]
        return f"{lost} documents could not be indexed; see the problems" if lost else ""

    async def _works(
        self, scan: Scan, known: dict[str, Row[Any]], tally: Tally
    ) -> AsyncIterator[Work]:
        for listed in scan.documents:
            row = known.get(listed.external_id)
            if listed.withheld:
                if row is not None and row.state == "indexed":
                    # its content is not looked at, so nothing is known of that
                    unread = self._work(replace(listed, version=""), row, b"")
                    tally.outcomes["moved"] += await self.indexer.place(unread)
                tally.outcomes["withheld"] += 1
                continue
            if row is not None and self._as_before(listed, row):
                tally.outcomes["unchanged"] += 1
                continue
            if row is None:
                async with self.indexer.database.ingest() as connection:
                    key = {"source": self.source_id, "external": listed.external_id}
                    row = (await connection.execute(_ADD, key)).one()
            try:
                content = await asyncio.to_thread(listed.read)
            except DocumentProblem as problem:
                await self.indexer.record_problem(self._work(listed, row, b""), problem)
                tally.outcomes["failed"] += 1
                continue
            work = self._work(listed, row, content)
            before = known.get(listed.external_id)
            if before and before.state == "indexed" and before.fingerprint == work.fingerprint:
                tally.outcomes["moved"] += await self.indexer.place(work)
                tally.outcomes["unchanged"] += 1
            elif before and before.quarantined == work.fingerprint:
                tally.outcomes["quarantined"] += 1
            else:
                yield work

    def _as_before(self, listed: Listed, row: Row[Any]) -> bool:
        """Whether it is indexed as the source lists it, and stands where it belongs."""
        now = self._work(listed, row, b"").listing
        return (
            row.state == "indexed"
            and not row.troubled
            and now.content is not None
            and (now.content, now.place) == (row.listed_as, row.placed_as)
        )

    def _work(self, listed: Listed, row: Row[Any], content: bytes) -> Work:
        item = SourceItem(
            source=self.source,
            external_id=listed.external_id,
            title=listed.title,
            uri=listed.uri,
            mime_type=BY_SUFFIX.get(PurePosixPath(listed.external_id).suffix.lower(), ""),
            content=content,
            container=listed.container,
            acl=listed.acl,
        )
        stated = Stated(source=self.floor, folder=listed.classification)
        mark = fingerprint(item, stated, self.version)
        seen = listing(item, stated, self.version, listed.version, row.acl_sequence)
        return Work(self.source_id, row.id, item, stated, mark, row.acl_sequence, listing=seen)

    async def _known(self) -> dict[str, Row[Any]]:
        async with self.indexer.database.ingest() as connection:
            rows = await connection.execute(_KNOWN, {"source": self.source_id})
            return {row.external_id: row for row in rows}

    async def _narrow(self, scan: Scan) -> None:
        async with self.indexer.database.ingest() as connection:
            await narrow(connection, self.source_id, scan.containers)

    async def _widen(self, scan: Scan) -> None:
        async with self.indexer.database.ingest() as connection:
            levels = self.indexer.levels
            unmapped = await widen(connection, self.source_id, scan.containers, levels)
        for name, entries in unmapped.items():
            scan.problems.setdefault(name, unknown(entries))

    async def _delete(self, gone: list[UUID]) -> None:
        if not gone:
            return
        async with self.indexer.database.ingest() as connection:
            await connection.execute(_LOCK, {"ids": gone})
            await delete_rows(connection, self.indexer.levels, gone)
            await connection.execute(_DELETE, {"ids": gone})
            await raise_revision(connection, f"{len(gone)} documents left source {self.source}")

    async def _settle_problems(self, scan: Scan, documents: set[str], began: float) -> None:
        """Open what the scan found; close what speaks of things that are gone or mended."""
        async with self.indexer.database.ingest() as connection:
            for name, problem in scan.problems.items():
                await open_problem(connection, self.source_id, name, problem)
            opened = list(await connection.scalars(_OPEN_PROBLEMS, {"source": self.source_id}))
            for name in opened:
                if name not in scan.problems and name not in documents:
                    await resolve_problem(connection, self.source_id, name)
            # the ACLs are those of when the source was looked at
            since = perf_counter() - began
            await connection.execute(_SYNCED, {"source": self.source_id, "since": since})

    async def _report(self, job: Claimed, scan: Scan, tally: Tally, seconds: float) -> None:
        outcomes = tally.outcomes
        done = outcomes["embedded"] + outcomes["superseded"]
        failed = outcomes["failed"] + outcomes["quarantined"]
        done += failed + outcomes["unchanged"] + outcomes["withheld"]
        await self.ledger.progress(
            job,
            total=len(scan.documents),
            done=done,
            failed=failed,
            detail={
                "outcomes": dict(outcomes),
                "seconds": round(seconds, 3),
                "stages": {stage: round(s, 3) for stage, s in tally.seconds.items()},
            },
        )
