"""Explain a decision by the path that led to it, as of now or of a moment in the past.

A third derivation beside the scope, which the database derives, and the re-check: it begins at
the user, keeps every way it goes, and decides nothing for anybody else.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row

from app.authz.explain.changes import Gathered, changes
from app.authz.explain.moment import Held, Moment, climb, group, moment, user_at
from app.authz.explain.placement import document_named, document_row, grant_rows, lease_of, slot_row
from app.authz.policy import Policy
from app.db.engine import AppConnection, Database
from app.domain.explanation import (
    AclLease,
    Clearance,
    ExplainedDocument,
    Explanation,
    GrantPath,
    Standing,
)
from app.domain.principal import PrincipalKind, Role
from app.domain.scope import PURPOSES

NOT_KEPT = (
    "leases of the past are not kept: whether the source had confirmed the ACL lately enough is"
    " not told",
    "policy files of the past are not kept: the clearance is that of today's policy",
    "roles of the past are not kept: the role is that of today",
)


async def explain(
    database: Database,
    policy: Policy,
    email: str,
    document: UUID | str,
    at: datetime | None = None,
    owner: int | None = None,
) -> Explanation:
    """Whether the user may read the document, why, and what would change that.

    `email` is an account's key; nobody needs to be called so. `document` is an id or
    SOURCE:EXTERNAL_ID. `at` is the moment, in UTC without a zone, now where it is None. With
    `owner`, only documents of sources that this principal owns.

    Raises NotFound for a document that is not there or not of this owner's sources, InvalidInput
    for a time that is still to come or before the document, NoLongerKept where the source was
    removed since and what it said is not kept any more.
    """
    async with database.app() as connection:
        when = await moment(connection, at)
        id_ = await document_named(connection, str(document), when)
        row = await document_row(connection, id_, when, owner)
        slot = await slot_row(connection, row)
        user, held = await user_at(connection, email, when)
        shown = _document(id_, row, slot)
        grants = await grant_rows(connection, row.slot_id, when)
        lease, held_at = None, row.redacted_at
        if slot is not None and slot.confirmed_at is not None and not when.past:
            lease, *lower = [
                _lease(slot, await lease_of(connection, level), when)
                for level in (row.classification, *row.redacted_at)
            ]
            held_at = [
                level for level, of in zip(row.redacted_at, lower, strict=True) if not of.ended
            ]
        role = Role(user.role or Role.EMPLOYEE)
        keys = frozenset(h.ref.key for h in held.values() if h.ref.kind is PrincipalKind.GROUP)
        clearances = tuple(
            _clearance(purpose, levels, row.classification, held_at)
            for purpose in PURPOSES
            for levels in [policy.clearance_of(role, keys, purpose)]
        )
        paths = _paths(held, grants, shown)
        gathered = Gathered(
            user=user,
            document=shown,
            grants=paths,
            clearances=clearances,
            lease=lease,
            policy=policy,
            denied_by=await _denied_by(connection, policy, shown, held, grants, when),
        )
    purposes = _readable_for(gathered)
    return Explanation(
        at=when.at,
        revision=when.revision,
        user=user,
        document=shown,
        grants=paths,
        clearances=clearances,
        lease=lease,
        purposes=purposes,
        changes=changes(gathered, readable=bool(purposes)),
        limits=_limits(when, row, slot),
    )


def _readable_for(found: Gathered) -> tuple[str, ...]:
    """The purposes for which everything that has to be so is so."""
    effects = {grant.effect for grant in found.grants}
    if (
        found.user.standing is not Standing.USABLE
        or not found.document.indexed
        or effects != {"allow"}
    ):
        return ()
    in_full = found.lease is None or not found.lease.ended
    return tuple(
        clearance.purpose
        for clearance in found.clearances
        if (clearance.enough and in_full) or clearance.redacted
    )


def _clearance(
    purpose: str, levels: tuple[str, ...], classification: str | None, redacted_at: Sequence[str]
) -> Clearance:
    """`redacted_at` are the redacted renditions that are not withheld, the strictest first."""
    enough = classification in levels
    instead = None if enough else next((level for level in redacted_at if level in levels), None)
    return Clearance(purpose, levels, enough, instead)


def _document(id_: UUID, row: Row[Any], slot: Row[Any] | None) -> ExplainedDocument:
    acl: Literal["own", "container", "none"] = "none"
    if slot is not None:
        acl = "own" if slot.own else "container"
    return ExplainedDocument(
        id=id_,
        source=row.source,
        external_id=row.external_id,
        state=row.state,
        classification=row.classification,
        container=slot.container if slot is not None else None,
        acl=acl,
        deleted_at=_utc(row.deleted_at),
        source_removed_at=_utc(row.source_removed_at),
    )


def _utc(time: datetime | None) -> datetime | None:
    return time.astimezone(UTC) if time is not None else None


def _paths(
    held: dict[int, Held], grants: Any, document: ExplainedDocument
) -> tuple[GrantPath, ...]:
    """The grants that reach the user, denies first, each over a shortest way."""
    paths = [
        GrantPath(
            effect=grant.effect,
            path=_way(held, grant.principal_id),
            inherited=document.acl == "container" or grant.inherited,
            since=grant.since.astimezone(UTC),
        )
        for grant in grants
        if grant.principal_id in held
    ]
    return tuple(
        sorted(paths, key=lambda p: (p.effect != "deny", len(p.path), p.path, p.inherited))
    )


def _way(held: dict[int, Held], principal: int) -> tuple[str, ...]:
    steps: list[str] = []
    at: int | None = principal
    while at is not None:
        steps.append(str(held[at].ref))
        at = held[at].via
    return tuple(reversed(steps))


def _lease(slot: Row[Any], lasts: Any, when: Moment) -> AclLease:
    confirmed = max(slot.confirmed_at, slot.source_confirmed_at).astimezone(UTC)
    ends = confirmed + lasts if lasts is not None else None
    return AclLease(confirmed, lasts, ends, ended=ends is not None and ends < when.at)


async def _denied_by(
    connection: AppConnection,
    policy: Policy,
    document: ExplainedDocument,
    held: dict[int, Held],
    grants: Any,
    when: Moment,
) -> dict[str, tuple[GrantPath, ...]]:
    """For each group that policy gives the document's classification to, and that the user is
    not in: the denies that would reach the user once it were."""
    names = {
        holder
        for purpose in PURPOSES
        for holder in policy.holders(document.classification or "", purpose, "allow")
        if holder.startswith("group:")
    } - {str(h.ref) for h in held.values()}
    found: dict[str, tuple[GrantPath, ...]] = {}
    for name in names:
        above = await climb(connection, await group(connection, name[len("group:") :]), when)
        new = {id_: h for id_, h in above.items() if id_ not in held}
        ways = _paths(above, [g for g in grants if g.principal_id in new], document)
        found[name] = tuple(way for way in ways if way.effect == "deny")
    return found


def _limits(when: Moment, document: Row[Any], slot: Row[Any] | None) -> tuple[str, ...]:
    limits: tuple[str, ...] = NOT_KEPT if when.past else ()
    if document.slot_id is not None and slot is None:
        limits += (f"the ACLs of the removed source {document.source!r} are not kept any more",)
    return limits
