"""Which container and ACL slot a document belongs in, from its item and from what is there."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, text

from app.authz.grants import Placed, confirm_slot, ensure_container, explicit_slot
from app.db.engine import IngestConnection
from app.domain.acl import Acl
from app.domain.principal import PrincipalKind, PrincipalRef
from ingestion.work import Work

_OWN_GRANTS = text("""
select g.effect, p.kind, p.key from slot_grant g join principal p on p.id = g.principal_id
 where g.slot_id = :slot and not g.inherited and g.until is null
""")


async def locate(
    connection: IngestConnection, work: Work, document: Row[Any]
) -> tuple[int | None, Placed]:
    """The container and the slot that the document belongs in from now on."""
    container = folder_slot = None
    item = work.item
    if item.container is not None:
        container, folder_slot = await ensure_container(connection, work.source_id, item.container)
    if work.acl_sequence < document.acl_sequence and document.slot_id is not None:
        # somebody replaced the ACL after this was accepted; that stays, also in a new container
        if container == document.container_id:
            return container, Placed(document.slot_id, ())
        own = await _own_acl(connection, document.slot_id)
        return container, await explicit_slot(connection, work.source_id, container, own)
    if item.acl is not None or folder_slot is None:
        acl = item.acl or Acl()
        placed = await explicit_slot(connection, work.source_id, container, acl)
        if item.acl is not None and work.intake_id is not None:
            # who pushes an ACL stands by it; a sync stands by all of its source's at its end
            await confirm_slot(connection, placed.slot_id)
        return container, placed
    return container, Placed(folder_slot, ())


async def _own_acl(connection: IngestConnection, slot_id: int) -> Acl:
    """What a slot says by itself, without the denies of its container."""
    by_effect: dict[str, set[PrincipalRef]] = {"allow": set(), "deny": set()}
    for row in await connection.execute(_OWN_GRANTS, {"slot": slot_id}):
        by_effect[row.effect].add(PrincipalRef(PrincipalKind(row.kind), row.key))
    return Acl(frozenset(by_effect["allow"]), frozenset(by_effect["deny"]))
