"""Write a document to its index and ACL slot, in one transaction: as it was, or fully replaced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text

from app.authz.grants import (
    Placed,
    rendition_slots,
)
from app.db.chunks import add_rendition
from app.db.engine import Database, IngestConnection
from app.db.levels import delete_rows, move_rows
from app.db.revision import raise_revision
from app.domain.document import EmbeddedChunk, EmbeddedRendition, Rendition
from ingestion.placement import locate
from ingestion.problem import DocumentProblem, Quarantine
from ingestion.problems import open_problem, resolve_problem
from ingestion.work import Work

_LOCK = text("""
select id, slot_id, container_id, acl_sequence, state, classification, redacted_at from document
 where id = :id for update
""")
_DONE = text("""
update document set slot_id = :slot, container_id = :container, state = 'indexed',
       classification = :classification, redacted_at = :redacted_at, fingerprint = :fingerprint,
       chunks = :chunks,
       listed_as = :listed, placed_as = :placed, indexed_at = now()
 where id = :id
""")
_DOUBT = text("""
insert into doubt (document_id, otherwise, reasons) values (:id, :otherwise, :reasons)
on conflict (document_id) do update set otherwise = :otherwise, reasons = :reasons, at = now()
""")
_NO_DOUBT = text("delete from doubt where document_id = :id")
_PLACE = text("""
update document set slot_id = :slot, container_id = :container, placed_as = :placed,
       listed_as = coalesce(:listed, listed_as)
 where id = :id
""")
_WITHDRAW = text("""
update document set state = 'failed', fingerprint = null, chunks = 0, slot_id = :slot,
       container_id = :container
 where id = :id
""")
_FAILED = text("update document set state = 'failed' where id = :id and state = 'pending'")
_END_INTAKE = text("""
update intake set state = :state, content = null, item = '{}', finished_at = now()
 where id = :id and state = 'waiting'
""")
_STILL_WAITING = text("select state = 'waiting' from intake where id = :id for update")

NOBODY = DocumentProblem(
    "acl",
    "nothing says who may read this, so nobody may",
    "give its folder an _acl.yaml, or send an ACL with it",
)


@dataclass(frozen=True)
class Indexer:
    """Writes under the ingest login, which cannot read any text."""

    database: Database
    levels: tuple[str, ...]

    async def index(
        self,
        work: Work,
        rendition: Rendition,
        chunks: Sequence[EmbeddedChunk],
        redacted: Sequence[EmbeddedRendition] = (),
    ) -> bool:
        """Replace what is indexed for a document, the full rendition and the redacted ones, from
        the strictest on; False when it is gone or superseded by now."""
        async with self.database.ingest() as connection:
            document = await self._lock(connection, work)
            if document is None:
                return False
            container, placed = await locate(connection, work, document)
            every = (EmbeddedRendition(rendition, tuple(chunks)), *redacted)
            at = [one.rendition.classification for one in every]
            slots = await rendition_slots(connection, placed.slot_id, at)
            await delete_rows(connection, self.levels, [work.document_id])
            for one in every:
                await add_rendition(
                    connection,
                    document_id=work.document_id,
                    slot_id=slots[one.rendition.classification],
                    source=work.item.source,
                    external_id=work.item.external_id,
                    uri=work.item.uri,
                    mime_type=work.item.mime_type,
                    rendition=one.rendition,
                    chunks=one.chunks,
                )
            await connection.execute(
                _DONE,
                {
                    "id": work.document_id,
                    "slot": placed.slot_id,
                    "container": container,
                    "classification": rendition.classification,
                    "redacted_at": at[1:],
                    "fingerprint": work.fingerprint,
                    "chunks": sum(len(one.chunks) for one in every),
                    "listed": work.listing.content,
                    "placed": work.listing.place,
                },
            )
            await self._doubt(connection, work, rendition)
            await self._end(connection, work, placed)
            # what was there before is revoked: nobody reads it on a copy that is behind
            await raise_revision(connection, "document indexed")
        return True

    async def _doubt(self, connection: IngestConnection, work: Work, rendition: Rendition) -> None:
        """Somebody should look at it, or not any more."""
        key = {"id": work.document_id}
        if (doubt := rendition.doubt) is None:
            await connection.execute(_NO_DOUBT, key)
        else:
            why = {"otherwise": doubt.otherwise, "reasons": list(doubt.reasons)}
            await connection.execute(_DOUBT, {**key, **why})

    async def place(self, work: Work) -> bool:
        """The content is indexed already: only see to it that the right people may read it.

        True when that was a change.
        """
        async with self.database.ingest() as connection:
            document = await self._lock(connection, work)
            if document is None:
                return False
            container, placed = await locate(connection, work, document)
            moved = bool(placed.slot_id != document.slot_id)
            if moved:
                at = [document.classification, *document.redacted_at]
                slots = await rendition_slots(connection, placed.slot_id, at)
                await move_rows(connection, slots, work.document_id)
                await raise_revision(connection, "document moved to another ACL slot")
            await connection.execute(
                _PLACE,
                {
                    "id": work.document_id,
                    "slot": placed.slot_id,
                    "container": container,
                    "listed": work.listing.content,
                    "placed": work.listing.place,
                },
            )
            await self._end(connection, work, placed)
        return moved

    async def record_problem(self, work: Work, problem: DocumentProblem) -> None:
        """Keep the problem for the owner. What was indexed before stays, unless other people
        may read the document now, or its source calls it stricter than it was: then it is
        withdrawn, since its new form is not there."""
        async with self.database.ingest() as connection:
            document = await self._lock(connection, work)
            if document is None:
                return
            container, placed = await locate(connection, work, document)
            key = {"id": work.document_id}
            moved = placed.slot_id != document.slot_id
            if document.state == "indexed" and (moved or self._stricter(work, document)):
                await delete_rows(connection, self.levels, [work.document_id])
                await connection.execute(
                    _WITHDRAW, {**key, "slot": placed.slot_id, "container": container}
                )
                await raise_revision(connection, "document withdrawn")
            else:
                await connection.execute(_FAILED, key)
            mark = work.fingerprint if isinstance(problem, Quarantine) else None
            await open_problem(connection, work.source_id, work.item.external_id, problem, mark)
            if work.intake_id is not None:
                await connection.execute(_END_INTAKE, {"id": work.intake_id, "state": "failed"})

    async def _lock(self, connection: IngestConnection, work: Work) -> Row[Any] | None:
        document = (await connection.execute(_LOCK, {"id": work.document_id})).one_or_none()
        if document is not None and work.intake_id is not None:
            waiting = await connection.scalar(_STILL_WAITING, {"id": work.intake_id})
            return document if waiting else None
        return document

    def _stricter(self, work: Work, document: Row[Any]) -> bool:
        """Whether source, folder or sender state more than what is indexed, in any rendition."""
        stated = [level for level in work.stated.levels() if level in self.levels]
        order = self.levels.index
        least = min(order(level) for level in (document.classification, *document.redacted_at))
        return any(order(level) > least for level in stated)

    async def _end(self, connection: IngestConnection, work: Work, placed: Placed) -> None:
        name = work.item.external_id
        if work.item.acl is None and work.item.container is None:
            await open_problem(connection, work.source_id, name, NOBODY)
        elif placed.unmapped:
            await open_problem(connection, work.source_id, name, unknown(placed.unmapped))
        else:
            await resolve_problem(connection, work.source_id, name)
        if work.intake_id is not None:
            await connection.execute(_END_INTAKE, {"id": work.intake_id, "state": "done"})


def unknown(names: Sequence[str]) -> DocumentProblem:
    """The problem of an ACL that names somebody who is not known; it grants them nothing."""
    return DocumentProblem(
        "acl",
        f"the ACL names {', '.join(names[:5])}, whom nobody here knows, so it grants them nothing",
        "mend the ACL, add them to the directory, or write account rules in the source's config",
    )
