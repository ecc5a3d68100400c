"""The job of a source that is read: what it has now becomes what is indexed, and nothing else.

ACLs that let fewer people in hold before any content is touched; those that let more people in
hold after it. So what leaves a document in the same sync is never shown to its new audience.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

from sqlalchemy import Row

from ingestion.job import Claimed, JobLedger
from ingestion.pipeline import Pipeline, Tally
from ingestion.problem import DocumentProblem
from ingestion.source_index import SourceIndex
from ingestion.sources import Connector, Listed, Scan
from ingestion.work import Work

ROUND_SECONDS = 300.0
"""For so long documents are read by one look at the source."""
Tried = dict[str, str | None]
"""Where each document stood that this job has read already, by external id."""


@dataclass(frozen=True)
class SyncJob:
    """Runs a job of kind `sync` for one source."""

    index: SourceIndex
    connector: Connector
    pipeline: Pipeline
    ledger: JobLedger

    async def run(self, job: Claimed) -> str:
        """Bring the index to what the source has. Raises SourceUnreadable, and then nothing has
        changed."""
        tried: Tried = {}
        while (message := await self._round(job, tried)) is None:
            pass
        return message

    async def _round(self, job: Claimed, tried: Tried) -> str | None:
        """None where there was too much to read for one look at the source: then it is looked at
        again, so that who may read what is not as old as a long sync."""
        began = perf_counter()
        scan = await asyncio.to_thread(self.connector.scan)
        known = await self.index.known()
        scan.check(bool(known))
        await self.index.narrow(scan.containers)

        tally = Tally()
        left: list[Listed] = []

        async def report() -> None:
            await self._report(job, scan, tally, perf_counter() - began)

        await self.pipeline.run(self._works(scan, known, tried, tally, left), tally, report)
        gone = [row.id for name, row in known.items() if name not in scan.names]
        await self.index.delete(gone)
        tally.outcomes["deleted"] = len(gone)
        if left:
            return None
        for name, problem in (await self.index.widen(scan.containers)).items():
            scan.problems.setdefault(name, problem)
        await self.index.settle(scan, perf_counter() - began)
        await report()
        lost = tally.outcomes["failed"] + tally.outcomes["quarantined"]
        return f"{lost} documents could not be indexed; see the problems" if lost else ""

    async def _works(
        self,
        scan: Scan,
        known: dict[str, Row[Any]],
        tried: Tried,
        tally: Tally,
        left: list[Listed],
    ) -> AsyncIterator[Work]:
        """What has to be indexed; `left` gets the first document that is not looked at."""
        began, first = perf_counter(), len(tried)
        for listed in scan.documents:
            if len(tried) > first and perf_counter() - began > ROUND_SECONDS:
                left.append(listed)
                return
            row = known.get(listed.external_id)
            if listed.withheld:
                if row is not None and row.state == "indexed":
                    # its content is not looked at, so nothing is known of that
                    unread = self.index.work(replace(listed, version=""), row, b"")
                    tally.outcomes["moved"] += await self.index.indexer.place(unread)
                tally.outcomes["withheld"] += 1
                continue
            if row is not None and self.index.as_before(listed, row):
                tally.outcomes["unchanged"] += 1
                continue
            if row is not None and tried.get(listed.external_id) == self.index.place(listed, row):
                tally.outcomes[_of_before(row)] += 1
                continue
            if row is None:
                row = await self.index.add(listed.external_id)
            tried[listed.external_id] = self.index.place(listed, row)
            try:
                content = await asyncio.to_thread(listed.read)
            except DocumentProblem as problem:
                await self.index.indexer.record_problem(self.index.work(listed, row, b""), problem)
                tally.outcomes["failed"] += 1
                continue
            work = self.index.work(listed, row, content)
            before = known.get(listed.external_id)
            if before and before.state == "indexed" and before.fingerprint == work.fingerprint:
                tally.outcomes["moved"] += await self.index.indexer.place(work)
                tally.outcomes["unchanged"] += 1
            elif before and before.quarantined == work.fingerprint:
                tally.outcomes["quarantined"] += 1
            else:
                yield work

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
            further=outcomes["embedded"] > 0,
            detail={
                "outcomes": dict(outcomes),
                "seconds": round(seconds, 3),
                "stages": {stage: round(s, 3) for stage, s in tally.seconds.items()},
            },
        )


def _of_before(row: Row[Any]) -> str:
    """What became of a document in an earlier round of the same job."""
    if row.troubled:
        return "quarantined" if row.quarantined else "failed"
    return "unchanged"
