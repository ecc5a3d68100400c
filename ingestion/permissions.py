"""The job that brings ACLs alone to what the source says: often, since no content is read.

It opens nothing whose content may have changed since it was indexed: what was removed from a
document before it was shared is not shown to those it is shared with. Such a document is withheld
where it stands elsewhere now, its container stays as closed as both ACLs are, and a sync is asked
for.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from sqlalchemy import Row

from ingestion.job import Claimed, JobLedger
from ingestion.problem import DocumentProblem
from ingestion.source_index import SourceIndex
from ingestion.sources import Connector, Listed, Scan


@dataclass(frozen=True)
class PermissionJob:
    """Runs a job of kind `permissions` for one source."""

    index: SourceIndex
    connector: Connector
    ledger: JobLedger

    async def run(self, job: Claimed) -> str:
        """A message for the owner. Raises SourceUnreadable, and then nothing has changed."""
        began = perf_counter()
        scan = await asyncio.to_thread(self.connector.scan)
        known = await self.index.known()
        scan.check(bool(known))
        await self.index.narrow(scan.containers)
        outcomes: Counter[str] = Counter()
        changed: set[str | None] = set()
        for listed in scan.documents:
            row = known.get(listed.external_id)
            if row is not None and row.state == "indexed":
                outcomes[await self._place(listed, row)] += 1
                if not self.index.content_as_before(listed, row):
                    changed.add(listed.container)
        gone = [row.id for name, row in known.items() if name not in scan.names]
        await self.index.delete(gone)
        outcomes["deleted"] = len(gone)
        fresh = {name: acl for name, acl in scan.containers.items() if name not in changed}
        await self.index.tell({**await self.index.widen(fresh), **_wrong(scan, known)})
        await self.index.confirm(perf_counter() - began)
        if changed or any(_is_new(listed, known) for listed in scan.documents):
            await self.ledger.ask_for(self.index.source_id, "sync")
        await self._report(job, scan, outcomes, perf_counter() - began)
        withheld = outcomes["withheld"]
        return f"{withheld} documents are withheld until a sync has read them" if withheld else ""

    async def _place(self, listed: Listed, row: Row[Any]) -> str:
        """The outcome for one document that is indexed."""
        if self.index.place(listed, row) == row.placed_as and not listed.withheld:
            return "unchanged"
        work = self.index.work(listed, row, b"")
        if listed.withheld or not self.index.content_as_before(listed, row):
            await self.index.close(work)
            return "withheld"
        moved = await self.index.indexer.place(work)
        return "moved" if moved else "unchanged"

    async def _report(
        self, job: Claimed, scan: Scan, outcomes: Counter[str], seconds: float
    ) -> None:
        await self.ledger.progress(
            job,
            total=len(scan.documents),
            done=len(scan.documents),
            failed=0,
            detail={"outcomes": dict(+outcomes), "seconds": round(seconds, 3)},
        )


def _wrong(scan: Scan, known: Mapping[str, Row[Any]]) -> dict[str, DocumentProblem]:
    """What the source says of ACLs; of a document that cannot be read that is what is told."""
    return {
        name: problem
        for name, problem in scan.problems.items()
        if problem.stage == "acl" and not (name in known and known[name].broken)
    }


def _is_new(listed: Listed, known: Mapping[str, Row[Any]]) -> bool:
    """Whether a sync would add it: it came, or is at another place by which it is known."""
    return listed.external_id not in known and not listed.withheld
