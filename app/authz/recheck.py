"""Authorise again, by other means: right before a prompt is built and at every later display.

The scope is derived by the database, in SQL. This walks the same tables in plain Python, from
the document outwards, so that one mistake does not pass both. Neither calls the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from app.authz.policy import Policy
from app.db.engine import SnapshotConnection
from app.domain.principal import Account, Subject

_DOCUMENTS = text("""
select d.id, d.classification, d.slot_id, d.state, a.confirmed_at,
       s.confirmed_at as source_confirmed_at, clock_timestamp() as now
  from document d join acl_slot a on a.id = d.slot_id join source s on s.id = a.source_id
 where d.id = any (:documents)
""")
_GRANTS = text("""
select slot_id, principal_id, effect from slot_grant
 where slot_id = any (:slots) and until is null
""")
_LEASES = text("select classification, lasts from lease")
_PERSON = text("""
select p.known, a.disabled_at
  from principal p join account a on a.principal_id = p.id
 where p.id = :id
""")
_EVERYBODY = text("select id from principal where kind in ('everyone', 'public')")
_GROUPS = text("""
select g.id, g.key
  from membership m join principal g on g.id = m.group_id
 where m.member_id = any (:members) and m.until is null
""")


async def readable_documents(
    connection: SnapshotConnection,
    policy: Policy,
    account: Account,
    purpose: str,
    documents: Iterable[UUID],
) -> frozenset[UUID]:
    """Those of `documents` that the account may read at this moment."""
    wanted = list(set(documents))
    found = (await connection.execute(_DOCUMENTS, {"documents": wanted})).all()
    slots = [row.slot_id for row in found]
    if not slots:
        return frozenset()

    me = (await connection.execute(_PERSON, {"id": account.principal_id})).one_or_none()
    if me is None or not me.known or me.disabled_at is not None:
        return frozenset()
    groups = await _groups_of(connection, account.principal_id)
    mine = {account.principal_id, *groups, *await connection.scalars(_EVERYBODY)}

    allowed: dict[int, bool] = defaultdict(bool)
    denied: dict[int, bool] = defaultdict(bool)
    for slot, principal, effect in await connection.execute(_GRANTS, {"slots": slots}):
        if principal in mine:
            (denied if effect == "deny" else allowed)[slot] = True

    subject = Subject(
        account=account,
        principal_ids=frozenset(mine),
        group_keys=frozenset(groups.values()),
        revision=0,
    )
    leases = {row.classification: row.lasts for row in await connection.execute(_LEASES)}
    cleared = set(policy.clearance(subject, purpose))
    return frozenset(
        row.id
        for row in found
        if row.state == "indexed"
        and row.classification in cleared
        and allowed[row.slot_id]
        and not denied[row.slot_id]
        and _confirmed(row, leases.get(row.classification))
    )


def _confirmed(document: Row[Any], lease: timedelta | None) -> bool:
    """Whether its source has stood by the ACL lately enough."""
    if lease is None:
        return True
    return bool(document.now - max(document.confirmed_at, document.source_confirmed_at) <= lease)


async def _groups_of(connection: SnapshotConnection, principal_id: int) -> dict[int, str]:
    """Every group that a principal belongs to at any depth: its id and its key."""
    groups: dict[int, str] = {}
    frontier = [principal_id]
    while frontier:
        rows = await connection.execute(_GROUPS, {"members": frontier})
        found = {row.id: row.key for row in rows if row.id not in groups}
        groups |= found
        frontier = list(found)
    return groups
