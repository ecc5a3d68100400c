"""Authorise again, by other means: right before a prompt is built and at every later display.

The scope is derived by the database, in SQL. This walks the same tables in plain Python, from
the document outwards, so that one mistake does not pass both. Neither calls the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text

from app.authz.policy import Policy
from app.db.engine import AppConnection
from app.domain.principal import Account, Subject

_DOCUMENTS = text("""
select d.id, d.classification, d.slot_id, d.state
  from document d where d.id = any (:documents)
""")
_GRANTS = text("""
select slot_id, principal_id, effect from slot_grant
 where slot_id = any (:slots) and until is null
""")
_MEMBERSHIPS = text("select member_id, group_id from membership where until is null")
_PEOPLE = text("""
select p.id, p.kind, p.key, p.known, a.disabled_at
  from principal p left join account a on a.principal_id = p.id
 where p.kind <> 'user' or p.id = :id
""")


async def readable_documents(
    connection: AppConnection,
    policy: Policy,
    account: Account,
    purpose: str,
    documents: Iterable[UUID],
) -> frozenset[UUID]:
    """Those of `documents` that the account may read at this moment."""
    wanted = list(set(documents))
    found = (await connection.execute(_DOCUMENTS, {"documents": wanted})).all()
    slots = [row.slot_id for row in found if row.slot_id is not None]
    if not slots:
        return frozenset()

    people = {
        row.id: row for row in await connection.execute(_PEOPLE, {"id": account.principal_id})
    }
    me = people.get(account.principal_id)
    if me is None or not me.known or me.disabled_at is not None:
        return frozenset()

    groups_of: dict[int, set[int]] = defaultdict(set)
    for member, group in await connection.execute(_MEMBERSHIPS):
        groups_of[member].add(group)
    mine = {account.principal_id}
    mine.update(row.id for row in people.values() if row.kind in ("everyone", "public"))
    frontier = [account.principal_id]
    while frontier:
        for group in groups_of[frontier.pop()] - mine:
            mine.add(group)
            frontier.append(group)

    allowed: dict[int, bool] = defaultdict(bool)
    denied: dict[int, bool] = defaultdict(bool)
    for slot, principal, effect in await connection.execute(_GRANTS, {"slots": slots}):
        if principal in mine:
            (denied if effect == "deny" else allowed)[slot] = True

    subject = Subject(
        account=account,
        principal_ids=frozenset(mine),
        group_keys=frozenset(people[i].key for i in mine if people[i].kind == "group"),
        revision=0,
    )
    cleared = set(policy.clearance(subject, purpose))
    return frozenset(
        row.id
        for row in found
        if row.state == "indexed"
        and row.classification in cleared
        and allowed[row.slot_id]
        and not denied[row.slot_id]
    )
