"""Documents that others push: accept, change who may read them, delete."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.authz.grants import confirm_slot, explicit_slot, rendition_slots, set_container_acl
from app.catalog.jobs import new_job
from app.db.engine import AppConnection, Database
from app.db.levels import delete_rows, move_rows
from app.db.revision import current_revision, lock_revision, raise_revision
from app.domain.acl import Acl
from app.domain.principal import Account
from app.domain.source import AclChange, PushedDocument, Source
from app.errors import InvalidInput, NotFound

_HOLD_SOURCE = text("select 1 from source where id = :source for key share")
_ADD_DOCUMENT = text("""
insert into document (source_id, external_id) values (:source, :external)
on conflict (source_id, external_id) do update set external_id = excluded.external_id
returning id, acl_sequence
""")
_LOCK_DOCUMENT = text("""
select id, container_id, slot_id, classification, redacted_at from document
 where source_id = :source and external_id = :external for update
""")
_SUPERSEDE = text("""
update intake set state = 'superseded', content = null, item = '{}', finished_at = now()
 where document_id = any (cast(:documents as uuid[])) and state = 'waiting'
""")
_TAKE_IN = text("""
insert into intake (job_id, document_id, source_id, external_id, item, content, acl_sequence)
values (:job, :document, :source, :external, cast(:item as jsonb), :content, :sequence)
""")
_MOVE = text("""
update document set slot_id = :slot, acl_sequence = acl_sequence + 1 where id = :id
""")
_DELETE = text("delete from document where id = :id")
_RESOLVE = text("""
update problem set resolved_at = now()
 where source_id = :source and external_id = :external and resolved_at is null
""")


async def accept(
    database: Database,
    account: Account | None,
    source: Source,
    documents: Sequence[PushedDocument],
    *,
    levels: Sequence[str],
    max_bytes: int,
) -> UUID:
    """Keep the documents for the ingestion, all or none of them; the id of their job.

    What is there already stays as it is until its successor is indexed. Raises InvalidInput, and
    NotFound when the source is gone.
    """
    if source.kind != "push":
        raise InvalidInput(
            f"source {source.key!r} is synced, and the next sync would delete what is pushed to it;"
            " register a source of kind 'push'"
        )
    _check(documents, levels, max_bytes)
    async with database.app() as connection:
        if await connection.scalar(_HOLD_SOURCE, {"source": source.id}) is None:
            raise NotFound(f"there is no source {source.key!r}, or you may not see it")
        job = await new_job(connection, "ingest", source.id, account, total=len(documents))
        # in one order, so that batches that share documents wait for each other
        for document in sorted(documents, key=lambda document: document.external_id):
            key = {"source": source.id, "external": document.external_id}
            row = (await connection.execute(_ADD_DOCUMENT, key)).one()
            await connection.execute(_SUPERSEDE, {"documents": [row.id]})
            await connection.execute(
                _TAKE_IN,
                {
                    **key,
                    "job": job,
                    "document": row.id,
                    "item": json.dumps(_item(document)),
                    "content": document.content,
                    "sequence": row.acl_sequence,
                },
            )
    return job


async def replace_document_acl(
    database: Database, levels: Sequence[str], source: Source, external_id: str, acl: Acl
) -> AclChange:
    """Replace a document's own ACL; it holds everywhere when this returns. Raises NotFound."""
    async with database.app() as connection:
        document = await _lock(connection, source, external_id)
        placed = await explicit_slot(connection, source.id, document.container_id, acl)
        await confirm_slot(connection, placed.slot_id)
        await connection.execute(_MOVE, {"slot": placed.slot_id, "id": document.id})
        if placed.slot_id == document.slot_id:
            return AclChange(await current_revision(connection), placed.unmapped)
        if document.classification is not None:
            at = [document.classification, *document.redacted_at]
            slots = await rendition_slots(connection, placed.slot_id, at)
            await move_rows(connection, slots, document.id)
        revision = await raise_revision(connection, "document ACL replaced")
        return AclChange(revision, placed.unmapped)


async def replace_container_acl(
    database: Database, source: Source, container: str, acl: Acl
) -> AclChange:
    """Replace the ACL that a container's documents inherit, in one write."""
    async with database.app() as connection:
        placed = await set_container_acl(connection, source.id, container, acl)
        await confirm_slot(connection, placed.slot_id)
        return AclChange(await current_revision(connection), placed.unmapped)


async def delete_document(
    database: Database, levels: Sequence[str], source: Source, external_id: str
) -> int:
    """Remove a document from every index, also one still on its way in. Raises NotFound."""
    async with database.app() as connection:
        document = await _lock(connection, source, external_id)
        await lock_revision(connection)
        await delete_rows(connection, levels, [document.id])
        await connection.execute(_SUPERSEDE, {"documents": [document.id]})
        await connection.execute(_DELETE, {"id": document.id})
        await connection.execute(_RESOLVE, {"source": source.id, "external": external_id})
        return await raise_revision(connection, "document deleted")


async def _lock(connection: AppConnection, source: Source, external_id: str) -> Any:
    key = {"source": source.id, "external": external_id}
    row = (await connection.execute(_LOCK_DOCUMENT, key)).one_or_none()
    if row is None:
        raise NotFound("there is no such document in this source")
    return row


def _item(document: PushedDocument) -> dict[str, Any]:
    acl = document.acl
    return {
        "title": document.title,
        "uri": document.uri,
        "mime_type": document.mime_type,
        "container": document.container,
        "classification": document.classification,
        "acl": None
        if acl is None
        else {"allow": sorted(map(str, acl.allow)), "deny": sorted(map(str, acl.deny))},
    }


def _check(documents: Sequence[PushedDocument], levels: Sequence[str], max_bytes: int) -> None:
    if not documents:
        raise InvalidInput("the batch holds no document")
    names = [document.external_id for document in documents]
    if len(set(names)) != len(names):
        raise InvalidInput("an external_id stands twice in the batch")
    for number, document in enumerate(documents):
        where = f"document {number + 1} of {len(documents)}"
        if not document.external_id or len(document.external_id) > 2000:
            raise InvalidInput(f"{where}: external_id must have 1 to 2000 characters")
        named = (document.external_id, document.title, document.uri, document.container or "")
        if not all(map(_can_be_kept, named)):
            raise InvalidInput(f"{where}: a zero character or half a character cannot be kept")
        if document.classification is not None and document.classification not in levels:
            raise InvalidInput(f"{where}: unknown classification; there is {', '.join(levels)}")
        if len(document.content) > max_bytes:
            raise InvalidInput(
                f"{where}: larger than the limit of {max_bytes // 1_000_000} MB"
                " (PORTCULLIS_MAX_DOCUMENT_MB)"
            )


def _can_be_kept(value: str) -> bool:
    try:
        return b"\0" not in value.encode()
    except UnicodeEncodeError:
        return False
