"""A moment, now or past, and who somebody was then: the account, and every group, nested.

Memberships are read by revision, so what changed together is seen together; accounts have no
revision and are read by time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, text

from app.db.engine import AppConnection
from app.domain.explanation import ExplainedUser, Standing
from app.domain.principal import PrincipalKind, PrincipalRef
from app.errors import InvalidInput

_SNAPSHOT = text("set transaction isolation level repeatable read, read only")
_NOW = text("select clock_timestamp() as now, value from revision_counter")
_REVISION = text("select value from revision where at <= :at order by value desc limit 1")
_USER = text("""
select p.id, p.known, a.role, a.principal_id is not null as account, a.disabled_at,
       coalesce(h.since <= :at, false) as there_then, coalesce(h.usable, false) as usable_then
  from principal p left join account a on a.principal_id = p.id
  left join lateral (
       select min(since) as since,
              bool_or(since <= :at and (until is null or until > :at)) as usable
         from account_history where principal_id = p.id) h on true
 where p.kind = 'user' and p.key = :email
""")
_EVERYBODY = text("select id, kind, key from principal where kind in ('everyone', 'public')")
_GROUP = text("select id, kind, key from principal where kind = 'group' and key = :key")
# those that hold still, and in the past those that ended later
_GROUPS = text("""
select m.member_id, g.id, g.kind, g.key from membership m join principal g on g.id = m.group_id
 where m.member_id = any (cast(:members as bigint[])) and m.since_revision <= :revision
   and m.until is null
union all
select m.member_id, g.id, g.kind, g.key from membership m join principal g on g.id = m.group_id
 where cast(:past as boolean) and m.member_id = any (cast(:members as bigint[]))
   and m.since_revision <= :revision and m.until_revision > :revision
""")


@dataclass(frozen=True, slots=True)
class Moment:
    """`at` is in UTC; `past` when somebody named it, rather than asking about now."""

    at: datetime
    revision: int
    past: bool

    @property
    def parameters(self) -> dict[str, Any]:
        return {"revision": self.revision, "past": self.past}


@dataclass(frozen=True, slots=True)
class Held:
    """A principal that somebody is or belongs to, and over which member of it they do."""

    ref: PrincipalRef
    via: int | None


async def moment(connection: AppConnection, at: datetime | None) -> Moment:
    """Begin to look: the transaction reads one snapshot from here on. `at` without a zone is in
    UTC, None is now. Raises InvalidInput on a time that is still to come or out of bounds."""
    await connection.execute(_SNAPSHOT)
    now = (await connection.execute(_NOW)).one()
    if at is None:
        return Moment(now.now.astimezone(UTC), now.value, past=False)
    try:
        then = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError as error:  # the first hours of the year 1, east of Greenwich
        raise InvalidInput("this time is before any that a calendar here knows") from error
    if then > now.now:
        raise InvalidInput("this time is still to come; ask about now, or about a time before it")
    revision = await connection.scalar(_REVISION, {"at": then})
    return Moment(then, revision or 0, past=True)


async def user_at(
    connection: AppConnection, email: str, when: Moment
) -> tuple[ExplainedUser, dict[int, Held]]:
    """The user, with what it holds, or would hold if its account could be used: itself, its groups,
    `everyone` and `public`, by id."""
    row = (await connection.execute(_USER, {"email": email, "at": when.at})).one_or_none()
    start: dict[int, Held] = {}
    if row is not None:
        start = {row.id: Held(PrincipalRef(PrincipalKind.USER, email), None)}
    held = await climb(connection, start, when)
    groups = tuple(str(h.ref) for h in held.values() if h.ref.kind is PrincipalKind.GROUP)
    via = row.id if row is not None else None
    held |= {one.id: Held(_ref(one), via) for one in await connection.execute(_EVERYBODY)}
    role = row.role if row is not None else None
    return ExplainedUser(email, _standing(row, when), role, groups), held


def _standing(row: Row[Any] | None, when: Moment) -> Standing:
    if row is None:
        return Standing.UNKNOWN
    if when.past:
        there, usable = row.there_then, row.usable_then
    else:
        usable = row.account and row.known and row.disabled_at is None
        there = usable or row.disabled_at is not None
    if not there:
        return Standing.UNKNOWN
    return Standing.USABLE if usable else Standing.DISABLED


async def climb(connection: AppConnection, start: dict[int, Held], when: Moment) -> dict[int, Held]:
    """`start` and every group above it at any depth, each over a shortest way: what is found
    first is nearest, and a cycle finds nothing new. Ties go by name."""
    held = dict(start)
    frontier = list(start)
    while frontier:
        rows = await connection.execute(_GROUPS, {"members": frontier, **when.parameters})
        found: dict[int, Held] = {}
        for row in sorted(rows, key=lambda row: (row.key, str(held[row.member_id].ref))):
            if row.id not in held:
                found.setdefault(row.id, Held(_ref(row), row.member_id))
        held |= found
        frontier = list(found)
    return held


async def group(connection: AppConnection, key: str) -> dict[int, Held]:
    """A group by name, as a start to climb from; empty when there is none."""
    rows = await connection.execute(_GROUP, {"key": key})
    return {row.id: Held(_ref(row), None) for row in rows}


def _ref(row: Row[Any]) -> PrincipalRef:
    return PrincipalRef(PrincipalKind(row.kind), row.key)
