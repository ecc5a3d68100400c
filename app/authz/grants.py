"""Change who may read what: ACLs become slots, and a change of a slot is one write.

Every function runs in the caller's transaction; what it changed holds from its commit on,
everywhere. Changes take the revision counter's row lock, so they happen one after another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text

from app.db.principals import principal_ids
from app.db.revision import Writer, lock_revision, raise_revision
from app.domain.acl import Acl

Grant = tuple[int, str, bool]
"""A principal's id, allow or deny, and whether a container passed it on."""

_FIND_CONTAINER = text("""
select id, slot_id from container where source_id = :source and external_id = :external
""")
_ADD_CONTAINER = text("""
with slot as (insert into acl_slot (source_id) values (:source) returning id)
insert into container (source_id, external_id, slot_id)
select :source, :external, id from slot
returning id, slot_id
""")
_EXPLICIT_IN_CONTAINER = text("""
select id from acl_slot where container_id = :container and digest is not null
""")
_FIND_EXPLICIT = text("""
select id from acl_slot
 where source_id = :source and digest = :digest and container_id is not distinct from :container
""")
_ADD_EXPLICIT = text("""
insert into acl_slot (source_id, container_id, digest) values (:source, :container, :digest)
returning id
""")
_CONTAINER_DENIES = text("""
select g.principal_id from slot_grant g join container c on c.slot_id = g.slot_id
 where c.id = :container and g.effect = 'deny' and g.until is null
""")
_CURRENT = text("""
select principal_id, effect, inherited from slot_grant where slot_id = :slot and until is null
""")
_END = text("""
update slot_grant set until = clock_timestamp(), until_revision = :revision
 where slot_id = :slot and principal_id = :principal and effect = :effect
   and inherited = :inherited and until is null
""")
_ADD = text("""
insert into slot_grant (slot_id, principal_id, effect, inherited, since_revision)
values (:slot, :principal, :effect, :inherited, :revision)
""")


_CONFIRM = text("""
update acl_slot set confirmed_at = now()
 where (id = :slot or redacts = :slot) and confirmed_at < now() - interval '1 minute'
""")
_REDACTING = text("select id from acl_slot where redacts = :slot")
_FIND_REDACTING = text("""
select id from acl_slot where redacts = :slot and below = cast(:below as text[])
""")
_ADD_REDACTING = text("""
insert into acl_slot (source_id, redacts, below, confirmed_at)
select source_id, id, cast(:below as text[]), confirmed_at from acl_slot where id = :slot
returning id
""")


@dataclass(frozen=True, slots=True)
class Placed:
    """Where an ACL was put, and the entries of it that map to nobody yet."""

    slot_id: int
    unmapped: tuple[str, ...]


async def ensure_container(connection: Writer, source_id: int, external_id: str) -> tuple[int, int]:
    """The container's id and slot. A new one has an empty slot: nobody may read it."""
    key = {"source": source_id, "external": external_id}
    found = (await connection.execute(_FIND_CONTAINER, key)).one_or_none()
    if found is None:
        await lock_revision(connection)
        found = (await connection.execute(_FIND_CONTAINER, key)).one_or_none()
    if found is None:
        found = (await connection.execute(_ADD_CONTAINER, key)).one()
    return found.id, found.slot_id


async def set_container_acl(
    connection: Writer, source_id: int, external_id: str, acl: Acl
) -> Placed:
    """Replace a container's ACL: one change for all documents that inherit it.

    Its denies also reach the documents in it that have an ACL of their own.
    """
    await lock_revision(connection)
    container_id, slot_id = await ensure_container(connection, source_id, external_id)
    grants, unmapped = await _grants(connection, acl)
    inherited = {(principal, "deny", True) for principal, effect, _ in grants if effect == "deny"}
    await _replace(connection, slot_id, grants, f"container {external_id}")
    slots = await connection.scalars(_EXPLICIT_IN_CONTAINER, {"container": container_id})
    for slot in list(slots):
        own = {grant for grant in await _current(connection, slot) if not grant[2]}
        await _replace(connection, slot, own | inherited, f"container {external_id}")
    return Placed(slot_id, unmapped)


async def confirm_slot(connection: Writer, slot_id: int) -> None:
    """Its source stands by the slot's ACL: the lease begins anew. Nothing to say of a slot that
    was confirmed a moment ago."""
    await connection.execute(_CONFIRM, {"slot": slot_id})


async def explicit_slot(
    connection: Writer, source_id: int, container_id: int | None, acl: Acl
) -> Placed:
    """The slot of documents with this ACL of their own, made when it is the first."""
    await lock_revision(connection)
    grants, unmapped = await _grants(connection, acl)
    key = {"source": source_id, "container": container_id, "digest": _digest(acl)}
    slot = await connection.scalar(_FIND_EXPLICIT, key)
    if slot is None:
        slot = await connection.scalar(_ADD_EXPLICIT, key)
        denied = await connection.scalars(_CONTAINER_DENIES, {"container": container_id})
        grants |= {(principal, "deny", True) for principal in denied}
        await _replace(connection, int(slot), grants, "explicit ACL")
    return Placed(int(slot), unmapped)


async def rendition_slots(
    connection: Writer, slot_id: int, renditions: Sequence[str]
) -> dict[str, int]:
    """The slot of each rendition of a document whose ACL is that of a slot: of the full one, which
    comes first, the same; of the redacted ones those that are hidden from who reads a fuller one.

    `renditions` are their classifications, the strictest first.
    """
    slots = {renditions[0]: slot_id}
    for n, level in enumerate(renditions[1:], 1):
        await lock_revision(connection)
        key = {"slot": slot_id, "below": list(renditions[:n])}
        slot = await connection.scalar(_FIND_REDACTING, key)
        if slot is None:
            slot = await connection.scalar(_ADD_REDACTING, key)
            grants = await _current(connection, slot_id)
            await _replace(connection, int(slot), grants, "redacted renditions")
        slots[level] = int(slot)
    return slots


def _digest(acl: Acl) -> bytes:
    lines = sorted(f"allow {ref}" for ref in acl.allow) + sorted(f"deny {ref}" for ref in acl.deny)
    return hashlib.sha256("\n".join(lines).encode()).digest()


async def _grants(connection: Writer, acl: Acl) -> tuple[set[Grant], tuple[str, ...]]:
    ids, unmapped = await principal_ids(connection, acl.allow | acl.deny)
    allow = {(ids[ref], "allow", False) for ref in acl.allow}
    deny = {(ids[ref], "deny", False) for ref in acl.deny}
    return allow | deny, unmapped


async def _current(connection: Writer, slot_id: int) -> set[Grant]:
    rows = await connection.execute(_CURRENT, {"slot": slot_id})
    return {(row.principal_id, row.effect, row.inherited) for row in rows}


async def _replace(connection: Writer, slot_id: int, desired: set[Grant], cause: str) -> None:
    current = await _current(connection, slot_id)
    if current == desired:
        return
    revision = await raise_revision(connection, cause)
    for statement, grants in ((_END, current - desired), (_ADD, desired - current)):
        rows = [
            {"slot": slot_id, "revision": revision, "principal": p, "effect": e, "inherited": i}
            for p, e, i in sorted(grants)
        ]
        if rows:
            await connection.execute(statement, rows)
    for redacting in list(await connection.scalars(_REDACTING, {"slot": slot_id})):
        await _replace(connection, redacting, desired, cause)
