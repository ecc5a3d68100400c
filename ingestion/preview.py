"""The job that shows what a source would become, before anything of it is indexed."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from app.catalog.secrets import SourceSecrets
from app.db.engine import Database
from app.domain.acl import Acl
from app.domain.principal import PrincipalKind, PrincipalRef
from ingestion.classify import Stated
from ingestion.inspect import Inspected
from ingestion.job import Claimed, JobLedger
from ingestion.pipeline import Pipeline
from ingestion.problem import DocumentProblem
from ingestion.source_index import SourceIndex
from ingestion.sources import Connector, Listed, Scan
from ingestion.work import Work

MOST = 200
"""So many documents are read, evenly from all."""
SAMPLES = 3
SAMPLE_CHARACTERS = 600
NAMED = 50
"""So many names are listed of each kind; all are counted."""
WIDE = 0.5
"""A group that holds so large a share of all people is as wide as everyone."""

_PEOPLE = text("select kind, key from principal where known and kind in ('user', 'group')")
_LARGE = text("""
with recursive inside (group_id, member_id) as (
  select group_id, member_id from membership where until is null
  union
  select inside.group_id, m.member_id from inside
    join membership m on m.group_id = inside.member_id and m.until is null)
select g.key from inside
  join principal g on g.id = inside.group_id
  join principal p on p.id = inside.member_id and p.kind = 'user' and p.known
 group by g.key
having count(distinct p.id) >= :share * (select count(*) from principal
                                          where kind = 'user' and known)
""")
_DECIDED = text("""
select external_id, classification, seconded_by is not null as seconded from decision
 where source_id = :source and ended_at is null
""")
NEW = UUID(int=0)
"""The id of a document that has none."""


@dataclass(frozen=True)
class PreviewJob:
    """Runs a job of kind `preview` for one source. What it finds is the job's detail; samples are
    sealed there, since they are text."""

    index: SourceIndex
    connector: Connector
    pipeline: Pipeline
    ledger: JobLedger
    secrets: SourceSecrets

    async def run(self, job: Claimed) -> str:
        """A message for the owner. Raises SourceUnreadable."""
        began = perf_counter()
        scan = await asyncio.to_thread(self.connector.scan)
        chosen = _evenly(scan.documents, MOST)
        decided = await _decided(self.index.indexer.database, self.index.source_id)
        detail: dict[str, Any] = {
            "documents": len(scan.documents),
            "containers": len(scan.containers),
            **await _audiences(self.index.indexer.database, scan),
            "problems": _first({name: p.reason for name, p in scan.problems.items()}),
        }
        levels: Counter[str] = Counter()
        redacted: Counter[str] = Counter()
        unreadable: dict[str, str] = {}
        samples: list[dict[str, Any]] = []
        for done, listed in enumerate(chosen, 1):
            try:
                found = await self._inspected(listed, decided.get(listed.external_id))
            except DocumentProblem as problem:
                unreadable[listed.external_id] = problem.reason
            else:
                levels[found.classification] += 1
                redacted.update(found.lower.keys())
                samples = _best([*samples, _sample(listed, found)])
            detail |= {
                "read": done,
                "classifications": dict(levels),
                "redacted": dict(redacted),
                "unreadable": {"count": len(unreadable), "first": _first(unreadable)},
                "seconds": round(perf_counter() - began, 3),
            }
            await self.ledger.progress(
                job, total=len(chosen), done=done, failed=len(unreadable), detail=detail
            )
        detail["samples"] = self.secrets.seal(self.index.source_id, json.dumps(samples))
        await self.ledger.progress(
            job, total=len(chosen), done=len(chosen), failed=len(unreadable), detail=detail
        )
        return ""

    async def _inspected(self, listed: Listed, decided: Row[Any] | None) -> Inspected:
        content = await asyncio.to_thread(listed.read)
        item = self.index.item(listed, content)
        stated = Stated(
            source=self.index.floor,
            folder=listed.classification,
            decided=None if decided is None else decided.classification,
            seconded=decided is not None and decided.seconded,
        )
        return await self.pipeline.inspect(Work(self.index.source_id, NEW, item, stated, "", 0))


async def _decided(database: Database, source_id: int) -> dict[str, Row[Any]]:
    """What people decided about the source's documents, by name."""
    async with database.app() as connection:
        rows = await connection.execute(_DECIDED, {"source": source_id})
        return {row.external_id: row for row in rows}


async def _audiences(database: Database, scan: Scan) -> dict[str, Any]:
    """Which entries of ACLs name nobody, which let very many in, and what nobody may read."""
    async with database.app() as connection:
        known = {(row.kind, row.key) for row in await connection.execute(_PEOPLE)}
        large = frozenset(await connection.scalars(_LARGE, {"share": WIDE}))
    unmapped: Counter[str] = Counter()
    wide: Counter[str] = Counter()
    closed = 0
    for acl in _each(scan):
        closed += not acl.allow
        for ref in acl.allow | acl.deny:
            named = ref.kind in (PrincipalKind.USER, PrincipalKind.GROUP)
            unmapped[str(ref)] += named and (ref.kind.value, ref.key) not in known
        wide.update(str(ref) for ref in acl.allow if _is_wide(ref, large))
    return {
        "unmapped": dict((+unmapped).most_common(NAMED)),
        "wide": dict(wide.most_common(NAMED)),
        "closed": closed,
    }


def _is_wide(ref: PrincipalRef, large: frozenset[str]) -> bool:
    if ref.kind in (PrincipalKind.EVERYONE, PrincipalKind.PUBLIC):
        return True
    return ref.kind is PrincipalKind.GROUP and ref.key in large


def _each(scan: Scan) -> Iterator[Acl]:
    """The ACL of every document: its own, or that of its container."""
    for listed in scan.documents:
        inherited = scan.containers.get(listed.container or "", Acl())
        yield listed.acl if listed.acl is not None else inherited


def _evenly(documents: Sequence[Listed], most: int) -> list[Listed]:
    step = max(1, -(-len(documents) // most))
    return list(documents[::step])


def _first(named: Mapping[str, str]) -> dict[str, str]:
    return dict(list(named.items())[:NAMED])


def _sample(listed: Listed, found: Inspected) -> dict[str, Any]:
    return {
        "external_id": listed.external_id,
        "title": found.title,
        "classification": found.classification,
        "evidence": list(found.evidence),
        "redactions": dict(found.redactions),
        "text": found.redacted[:SAMPLE_CHARACTERS],
    }


def _best(samples: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those in which most was replaced: they show what redaction does."""
    return sorted(samples, key=lambda s: -sum(s["redactions"].values()))[:SAMPLES]
