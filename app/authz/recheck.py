"""Authorise again, by other means: right before a prompt is built and at every later display.

The scope is derived by the database, in SQL. This walks the same tables in plain Python, from
the document outwards, so that one mistake does not pass both. Neither calls the other. What is
asked about is a rendition: who may read a redacted one may not see what was made of the full one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from app.authz.policy import Policy
from app.db.direct import every, together
from app.db.engine import SnapshotConnection
from app.domain.principal import Account, Subject
from app.domain.scope import RenditionRef

Asker = tuple[Account, str]
"""An account and the purpose that it asks for."""

_DOCUMENTS = """
select d.id, d.classification, d.redacted_at, d.slot_id, d.state, a.confirmed_at,
       s.confirmed_at as source_confirmed_at, clock_timestamp() as now
  from document d join acl_slot a on a.id = d.slot_id join source s on s.id = a.source_id
 where d.id = any (%(documents)s)
"""
_GRANTS = """
select slot_id, principal_id, effect from slot_grant
 where slot_id = any (%(slots)s) and until is null
"""
_LEASES = "select classification, lasts from lease"
_USABLE = """
select p.id from principal p join account a on a.principal_id = p.id
 where p.id = any (%(people)s) and p.known and a.disabled_at is null
"""
_EVERYBODY = "select id from principal where kind in ('everyone', 'public')"
_GROUPS = """
select m.member_id, g.id, g.key
  from membership m join principal g on g.id = m.group_id
 where m.member_id = any (%(members)s) and m.until is null
"""


async def readable_renditions(
    connection: SnapshotConnection,
    policy: Policy,
    account: Account,
    purpose: str,
    renditions: Iterable[RenditionRef],
) -> frozenset[RenditionRef]:
    """Those of `renditions` that the account may read at this moment. Whoever may read a document
    in full may read what was made of any rendition of it."""
    asked = {(account, purpose): frozenset(renditions)}
    return (await readable_by_each(connection, policy, asked))[account, purpose]


async def readable_by_each(
    connection: SnapshotConnection, policy: Policy, asked: Mapping[Asker, frozenset[RenditionRef]]
) -> dict[Asker, frozenset[RenditionRef]]:
    """The same for many at once: what is asked of the database does not grow with them."""
    wanted = list({document for renditions in asked.values() for document, _ in renditions})
    people = list({account.principal_id for account, _ in asked})
    found, by_person, by_kind, by_level = await together(
        connection,
        (_DOCUMENTS, {"documents": wanted}),
        (_USABLE, {"people": people}),
        (_EVERYBODY, {}),
        (_LEASES, {}),
    )
    if not found:
        return dict.fromkeys(asked, frozenset())
    usable, everybody = ({row.id for row in rows} for rows in (by_person, by_kind))
    leases = {row.classification: row.lasts for row in by_level}
    memberships = await _memberships(connection, people)
    grants: dict[int, list[tuple[int, str]]] = defaultdict(list)
    slots = list({row.slot_id for row in found})
    for slot, principal, effect in await every(connection, _GRANTS, slots=slots):
        grants[slot].append((principal, effect))
    indexed = {row.id: row for row in found if row.state == "indexed"}

    def read(
        account: Account, purpose: str, renditions: frozenset[RenditionRef]
    ) -> frozenset[RenditionRef]:
        if account.principal_id not in usable:
            return frozenset()
        groups = _groups_of(account.principal_id, memberships)
        mine = frozenset({account.principal_id, *groups}) | everybody
        subject = Subject(account, mine, frozenset(groups.values()), revision=0)
        cleared = set(policy.clearance(subject, purpose))
        return frozenset(
            (document, level)
            for document, level in renditions
            if (row := indexed.get(document)) is not None
            and level in cleared
            and (row.classification in cleared or level in row.redacted_at)
            and all(_confirmed(row, leases.get(of)) for of in {level, row.classification} & cleared)
            and _allowed(grants[row.slot_id], mine)
        )

    return {(who, why): read(who, why, renditions) for (who, why), renditions in asked.items()}


def _allowed(grants: Iterable[tuple[int, str]], mine: frozenset[int]) -> bool:
    """Whether some grant lets one of these principals in, and none keeps one out."""
    effects = {effect for principal, effect in grants if principal in mine}
    return "allow" in effects and "deny" not in effects


def _confirmed(document: Any, lease: timedelta | None) -> bool:
    """Whether its source has stood by the ACL lately enough."""
    if lease is None:
        return True
    return bool(document.now - max(document.confirmed_at, document.source_confirmed_at) <= lease)


Memberships = Mapping[int, Mapping[int, str]]
"""The groups that a principal is in directly: their ids and keys."""


async def _memberships(connection: SnapshotConnection, people: Iterable[int]) -> Memberships:
    """All memberships that anybody of these has, at any depth."""
    groups: dict[int, dict[int, str]] = {}
    frontier = set(people)
    while frontier:
        groups |= {member: {} for member in frontier}
        for row in await every(connection, _GROUPS, members=list(frontier)):
            groups[row.member_id][row.id] = row.key
        frontier = {group for of in groups.values() for group in of} - set(groups)
    return groups


def _groups_of(principal_id: int, memberships: Memberships) -> dict[int, str]:
    """Every group that a principal belongs to at any depth: its id and its key."""
    groups: dict[int, str] = {}
    frontier = {principal_id}
    while frontier:
        found = {id_: key for member in frontier for id_, key in memberships[member].items()}
        frontier = set(found) - set(groups)
        groups |= found
    return groups
