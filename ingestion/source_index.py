"""What is indexed of one source, beside what the source has now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from app.db.levels import delete_rows
from app.db.revision import raise_revision
from app.domain.acl import Acl
from app.domain.document import SourceItem
from ingestion.classify import Stated
from ingestion.containers import narrow, narrow_to, widen
from ingestion.formats import BY_SUFFIX
from ingestion.index import Indexer, unknown
from ingestion.problem import DocumentProblem
from ingestion.problems import open_problem, resolve_problem
from ingestion.sources import Listed, Scan, Standing
from ingestion.work import Listing, Work, fingerprint, listing

_KNOWN = text("""
select d.id, d.external_id, d.fingerprint, d.state, d.acl_sequence, d.listed_as, d.placed_as,
       p.id is not null as troubled, coalesce(p.stage <> 'acl', false) as broken, p.quarantined,
       c.classification as decided, c.seconded_by is not null as seconded
  from document d left join problem p on p.source_id = d.source_id
       and p.external_id = d.external_id and p.resolved_at is null
  left join decision c on c.source_id = d.source_id and c.external_id = d.external_id
       and c.ended_at is null
 where d.source_id = :source and (cast(:document as uuid) is null or d.id = :document)
""")
_ADD = text("""
insert into document (source_id, external_id) values (:source, :external)
on conflict (source_id, external_id) do update set external_id = excluded.external_id
returning id, acl_sequence,
  (select classification from decision c where c.source_id = :source and c.external_id = :external
      and c.ended_at is null) as decided,
  exists (select from decision c where c.source_id = :source and c.external_id = :external
             and c.ended_at is null and c.seconded_by is not null) as seconded
""")
_LOCK = text("select id from document where id = any (:ids) order by id for update")
_DELETE = text("delete from document where id = any (:ids)")
_OPEN_PROBLEMS = text("""
select external_id from problem where source_id = :source and resolved_at is null
""")
_CONFIRMED = text("""
update source set confirmed_at = now() - make_interval(secs => :since) where id = :source
""")
_SYNCED = text("""
update source set synced_at = now(), confirmed_at = now() - make_interval(secs => :since)
 where id = :source
""")


@dataclass(frozen=True)
class SourceIndex:
    """The documents, containers and problems of a source in the database. `floor` is the
    classification that the source states, `version` that of the pipeline."""

    source_id: int
    source: str
    floor: str
    indexer: Indexer
    version: str

    async def known(self) -> dict[str, Row[Any]]:
        """The documents by external id, with what they were listed as."""
        async with self.indexer.database.ingest() as connection:
            parameters = {"source": self.source_id, "document": None}
            rows = await connection.execute(_KNOWN, parameters)
            return {row.external_id: row for row in rows}

    async def add(self, external_id: str) -> Row[Any]:
        """A document that is new here; nothing of it is indexed yet."""
        async with self.indexer.database.ingest() as connection:
            key = {"source": self.source_id, "external": external_id}
            return (await connection.execute(_ADD, key)).one()

    def work(self, listed: Listed, row: Row[Any], content: bytes) -> Work:
        item = self.item(listed, content)
        stated = Stated(
            source=self.floor,
            folder=listed.classification,
            decided=row.decided,
            seconded=row.seconded,
        )
        mark = fingerprint(item, stated, self.version)
        seen = listing(item, stated, self.version, listed.version, row.acl_sequence)
        return Work(self.source_id, row.id, item, stated, mark, row.acl_sequence, listing=seen)

    def item(self, listed: Listed, content: bytes) -> SourceItem:
        """What is listed, with its content."""
        return SourceItem(
            source=self.source,
            external_id=listed.external_id,
            title=listed.title,
            uri=listed.uri,
            mime_type=listed.mime_type
            or BY_SUFFIX.get(PurePosixPath(listed.external_id).suffix.lower(), ""),
            content=content,
            container=listed.container,
            acl=listed.acl,
        )

    def place(self, listed: Listed, row: Row[Any]) -> str | None:
        """What says where a document stands: in which container, with which ACL of its own."""
        return self.work(listed, row, b"").listing.place

    def as_before(self, listed: Listed, row: Row[Any]) -> bool:
        """Whether it is indexed as the source lists it, and stands where it belongs. Where its ACL
        named somebody unknown, that is looked at again."""
        placed = not row.troubled and self.place(listed, row) == row.placed_as
        return placed and self.content_as_before(listed, row)

    def content_as_before(self, listed: Listed, row: Row[Any]) -> bool:
        """Whether the source promises that what is indexed is what it has."""
        now = self.work(listed, row, b"").listing.content
        return (
            row.state == "indexed" and not row.broken and now is not None and now == row.listed_as
        )

    async def narrow(self, containers: Mapping[str, Acl]) -> None:
        """Close to the containers' new ACLs whatever they close; open nothing."""
        async with self.indexer.database.ingest() as connection:
            await narrow(connection, self.source_id, containers)

    async def close(self, work: Work) -> None:
        """Let nobody read the document where it stands, until a sync places it again."""
        closed = replace(work.item, acl=Acl())
        await self.indexer.place(replace(work, item=closed, listing=Listing(None, None)))

    async def close_to(self, document: UUID, standing: Standing | None) -> tuple[bool, bool]:
        """Close a document, and its container, to what the source says of it; open nothing. Whether
        it stands where the source says, and whether anything was closed."""
        async with self.indexer.database.ingest() as connection:
            parameters = {"source": self.source_id, "document": document}
            row = (await connection.execute(_KNOWN, parameters)).one_or_none()
            if row is None or row.state != "indexed":
                return False, False
            narrowed = False
            if standing is not None and standing.container is not None:
                acl = {standing.container: standing.container_acl or Acl()}
                narrowed = await narrow_to(connection, self.source_id, acl)
        listed = _as_verified(row.external_id, standing)
        if standing is not None and row.placed_as in self._places(listed, standing, row):
            return True, narrowed
        await self.close(self.work(listed, row, b""))
        return False, True

    def _places(self, listed: Listed, standing: Standing, row: Row[Any]) -> set[str | None]:
        """Where the same people read it: an ACL of its own may have become its container's."""
        if listed.acl is not None:
            return {self.place(listed, row)}
        own = replace(listed, acl=standing.container_acl)
        return {self.place(listed, row), self.place(own, row)}

    async def widen(self, containers: Mapping[str, Acl]) -> dict[str, DocumentProblem]:
        """Give containers their ACLs; a problem for each that names accounts nobody knows."""
        async with self.indexer.database.ingest() as connection:
            levels = self.indexer.levels
            unmapped = await widen(connection, self.source_id, containers, levels)
        return {name: unknown(entries) for name, entries in unmapped.items()}

    async def delete(self, gone: list[UUID]) -> None:
        if not gone:
            return
        async with self.indexer.database.ingest() as connection:
            await connection.execute(_LOCK, {"ids": gone})
            await delete_rows(connection, self.indexer.levels, gone)
            await connection.execute(_DELETE, {"ids": gone})
            await raise_revision(connection, f"{len(gone)} documents left source {self.source}")

    async def settle(self, scan: Scan, since: float) -> None:
        """Open what the scan found `since` seconds ago; close what speaks of what is gone or
        mended, and keep when the source was looked at."""
        async with self.indexer.database.ingest() as connection:
            for name, problem in scan.problems.items():
                await open_problem(connection, self.source_id, name, problem)
            opened = list(await connection.scalars(_OPEN_PROBLEMS, {"source": self.source_id}))
            for name in opened:
                if name not in scan.problems and name not in scan.names:
                    await resolve_problem(connection, self.source_id, name)
            # the ACLs are those of when the source was looked at
            await connection.execute(_SYNCED, {"source": self.source_id, "since": since})

    async def tell(self, problems: Mapping[str, DocumentProblem]) -> None:
        """Keep problems for the owner, besides those that are open."""
        async with self.indexer.database.ingest() as connection:
            for name, problem in problems.items():
                await open_problem(connection, self.source_id, name, problem)

    async def confirm(self, since: float) -> None:
        """The source stands by its ACLs as they are here, as of so many seconds ago."""
        async with self.indexer.database.ingest() as connection:
            await connection.execute(_CONFIRMED, {"source": self.source_id, "since": since})


def _as_verified(external_id: str, standing: Standing | None) -> Listed:
    """A document of which the source said only where it stands."""
    container, acl = (standing.container, standing.acl) if standing else (None, None)
    return Listed(external_id, "", "", container, acl, None, standing is None, read=bytes)
