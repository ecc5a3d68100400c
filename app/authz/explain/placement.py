"""Where a document stood at a moment, and what its ACL said.

Grants are read by revision, as memberships are; documents by time, from their history where they
are gone or the moment is past. What a removed source said is found among the former.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from app.authz.explain.moment import Moment
from app.db.engine import AppConnection
from app.errors import InvalidInput, NoLongerKept, NotFound

ABSENT = "there is no such document, or you may not see it"

_DOCUMENT = text("""
select s.key as source, d.external_id, d.container_id, d.slot_id, d.classification,
       d.redacted_at, d.state, s.owner_id, null as deleted_at, null as source_removed_at
  from document d join source s on s.id = d.source_id
 where d.id = :id
""")
# A source that came later under the same name is another one.
_HISTORY = text("""
select h.source, h.external_id, h.container_id, h.slot_id, h.classification, h.redacted_at, h.state,
       s.owner_id,
       case when not exists (select from document_history n
                              where n.document_id = h.document_id and n.id > h.id)
             and h.until <= :at then h.until end as deleted_at,
       case when f.removed_at <= :at then f.removed_at end as source_removed_at
  from document_history h
  left join source s on s.key = h.source and s.created_at <= h.since
  left join former_source f on f.key = h.source and h.since between f.created_at and f.removed_at
 where h.document_id = :id and h.since <= :at
 order by h.since desc, h.id desc limit 1
""")
_FIRST = text("""
select min(h.since) as since, max(s.owner_id) as owner_id
  from document_history h
  left join source s on s.key = h.source and s.created_at <= h.since
 where h.document_id = :id
having count(*) > 0
""")
_NAMED = text("""
select d.id from document d join source s on s.id = d.source_id
 where s.key = :source and d.external_id = :external
   and d.created_at <= :at
""")
_NAMED_THEN = text("""
select document_id from document_history
 where source = :source and external_id = :external
   and since <= :at
 order by since desc limit 1
""")
_GRANTS = text("""
select principal_id, effect, inherited, since from slot_grant
 where slot_id = :slot and since_revision <= :revision and until is null
union all
select principal_id, effect, inherited, since from slot_grant
 where cast(:past as boolean) and slot_id = :slot and since_revision <= :revision
   and until_revision > :revision
union all
select principal_id, effect, inherited, since from former_grant
 where slot_id = :slot and since_revision <= :revision
   and (until is null or cast(:past as boolean) and until_revision > :revision)
""")
_SLOT = text("""
select a.digest is not null as own, a.confirmed_at, s.confirmed_at as source_confirmed_at,
       c.external_id as container
  from acl_slot a join source s on s.id = a.source_id
  left join container c on c.id = coalesce(a.container_id, :container)
 where a.id = :slot
union all
select f.own, null, null, c.external_id
  from former_slot f left join former_container c on c.id = coalesce(f.container_id, :container)
 where f.id = :slot
""")
_LEASE = text("select lasts from lease where classification = :classification")


async def document_named(connection: AppConnection, words: str, when: Moment) -> UUID:
    """The document that somebody names by its id or as SOURCE:EXTERNAL_ID, the
    latest that was called so by then. Raises NotFound,
    and InvalidInput for words that are neither."""
    words = words.strip().encode("utf-8", "replace").decode().replace("\x00", "\ufffd")
    try:
        return UUID(words)
    except ValueError:
        source, colon, external = words.partition(":")
    if not colon:
        raise InvalidInput("name a document by its id or as SOURCE:EXTERNAL_ID")
    key = {"source": source, "external": external, "at": when.at}
    for statement in (_NAMED, _NAMED_THEN):
        found = await connection.scalar(statement, key)
        if found is not None:
            return UUID(str(found))
    raise NotFound(ABSENT)


async def document_row(
    connection: AppConnection, document: UUID, when: Moment, owner: int | None
) -> Row[Any]:
    """Where the document stood; with `owner` only one of a source that this principal owns.

    Raises NotFound, also where it is somebody else's, and InvalidInput for a time before it came.
    """
    key = {"id": document, "at": when.at}
    row = None if when.past else (await connection.execute(_DOCUMENT, key)).one_or_none()
    row = row or (await connection.execute(_HISTORY, key)).one_or_none()
    first = row or (await connection.execute(_FIRST, key)).one_or_none()
    if first is None or (owner is not None and first.owner_id != owner):
        raise NotFound(ABSENT)
    if row is None:
        came = first.since.astimezone(UTC).isoformat()
        raise InvalidInput(f"the document came at {came}; ask about that time or a later one")
    return row


async def slot_row(connection: AppConnection, document: Row[Any]) -> Row[Any] | None:
    """The slot that the document points at, without confirmations where its source was removed;
    None without one, and where a document that is deleted outlived it. Raises NoLongerKept."""
    if document.slot_id is None:
        return None
    key = {"slot": document.slot_id, "container": document.container_id}
    row = (await connection.execute(_SLOT, key)).one_or_none()
    if row is None and document.deleted_at is None:
        raise NoLongerKept(
            f"the source {document.source!r} was removed and its ACLs are not kept any more, so"
            " nobody can tell who could read its documents"
        )
    return row


async def grant_rows(
    connection: AppConnection, slot: int | None, when: Moment
) -> Sequence[Row[Any]]:
    return (await connection.execute(_GRANTS, {"slot": slot, **when.parameters})).all()


async def lease_of(connection: AppConnection, classification: str | None) -> Any:
    """How long an ACL holds unconfirmed for what is of a classification; None: for ever."""
    return await connection.scalar(_LEASE, {"classification": classification})
