"""Take over a whole directory: people, groups and nested memberships."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text

from app.db.engine import AppConnection
from app.db.principals import principal_ids
from app.db.revision import lock_revision, raise_directory_revision
from app.domain.principal import PrincipalKind, PrincipalRef
from app.errors import InvalidInput

_ADD_ACCOUNTS = text("""
insert into account (principal_id, role)
select unnest(cast(:ids as bigint[])), 'employee'
on conflict do nothing
""")
_ENABLE = text("""
update account set disabled_at = null
 where principal_id = any (cast(:ids as bigint[])) and not local and disabled_at is not null
""")
_NAME = text("""
update principal p set known = true, from_directory = true, name = w.name
  from unnest(cast(:ids as bigint[]), cast(:names as text[])) w(id, name)
 where p.id = w.id and (not p.known or not p.from_directory or p.name <> w.name)
""")
_KNOW_GROUPS = text("""
update principal set known = id = any (cast(:ids as bigint[])),
       from_directory = id = any (cast(:ids as bigint[]))
 where kind = 'group' and known <> (id = any (cast(:ids as bigint[])))
""")
_DISMISS = text("""
update principal p set from_directory = false,
       known = coalesce((select a.local from account a where a.principal_id = p.id), false)
 where p.kind = 'user' and p.from_directory and p.id <> all (cast(:stay as bigint[]))
returning p.id
""")
_DISABLE = text("""
update account set disabled_at = now()
 where principal_id = any (cast(:ids as bigint[])) and not local and disabled_at is null
""")
_REVOKE = text("""
update token t set revoked_at = now() from account a
 where a.principal_id = t.principal_id and t.principal_id = any (cast(:ids as bigint[]))
   and not a.local and t.revoked_at is null
""")
_MEMBERSHIPS = text("select group_id, member_id from membership where until is null")
_LEAVE = text("""
update membership set until = clock_timestamp(), until_revision = :revision
 where group_id = :group and member_id = :member and until is null
""")
_JOIN = text("""
insert into membership (group_id, member_id, since_revision) values (:group, :member, :revision)
""")


@dataclass(frozen=True, slots=True)
class Person:
    email: str
    name: str


@dataclass(frozen=True, slots=True)
class Group:
    """`members` are e-mail addresses and `group:KEY`, nested as deep as one likes."""

    key: str
    members: Sequence[str]


@dataclass(frozen=True, slots=True)
class DirectoryChange:
    """The revision from which the directory holds, and members that it names but does not have."""

    revision: int
    unknown: tuple[str, ...]


async def replace_directory(
    connection: AppConnection, people: Sequence[Person], groups: Sequence[Group]
) -> DirectoryChange:
    """Make the directory exactly this; repeating it changes nothing.

    Memberships that it does not name end, and so do people who came from an earlier directory;
    accounts that an admin added stay. Raises InvalidInput on a name that is none, or twice.
    """
    users = {_user(person.email): person.name for person in people}
    keys = {_group(group.key) for group in groups}
    if len(users) != len(people) or len(keys) != len(groups):
        raise InvalidInput("a user or a group stands twice in the directory")
    edges = {(_group(group.key), _member(member)) for group in groups for member in group.members}

    before = await lock_revision(connection)
    named = set(users) | keys | {member for _, member in edges}
    ids, _ = await principal_ids(connection, named)
    changed = await _introduce(connection, {ids[ref]: name for ref, name in users.items()})
    changed |= await _know_groups(connection, [ids[ref] for ref in keys])
    changed |= await _dismiss(connection, [ids[ref] for ref in users])
    changed |= await _set_memberships(
        connection, {(ids[group], ids[member]) for group, member in edges}, before + 1
    )
    revision = await raise_directory_revision(connection, "directory") if changed else before
    unknown = sorted(str(m) for _, m in edges if m not in users and m not in keys)
    return DirectoryChange(revision, tuple(dict.fromkeys(unknown)))


def _user(email: str) -> PrincipalRef:
    return _member(email, PrincipalKind.USER)


def _group(key: str) -> PrincipalRef:
    return _member(f"group:{key}", PrincipalKind.GROUP)


def _member(entry: str, kind: PrincipalKind | None = None) -> PrincipalRef:
    try:
        ref = PrincipalRef.parse(entry)
    except ValueError as error:
        raise InvalidInput(str(error)) from error
    allowed = (kind,) if kind else (PrincipalKind.USER, PrincipalKind.GROUP)
    if ref.kind not in allowed:
        raise InvalidInput(f"{entry!r} cannot stand here; write an e-mail address or group:KEY")
    return ref


async def _introduce(connection: AppConnection, names: dict[int, str]) -> bool:
    ids = list(names)
    await connection.execute(_ADD_ACCOUNTS, {"ids": ids})
    enabled = await connection.execute(_ENABLE, {"ids": ids})
    named = await connection.execute(_NAME, {"ids": ids, "names": list(names.values())})
    return bool(enabled.rowcount or named.rowcount)


async def _know_groups(connection: AppConnection, ids: list[int]) -> bool:
    return bool((await connection.execute(_KNOW_GROUPS, {"ids": ids})).rowcount)


async def _dismiss(connection: AppConnection, stay: list[int]) -> bool:
    """End the people whom an earlier directory named and this one does not."""
    gone = list(await connection.scalars(_DISMISS, {"stay": stay}))
    if gone:
        await connection.execute(_DISABLE, {"ids": gone})
        await connection.execute(_REVOKE, {"ids": gone})
    return bool(gone)


async def _set_memberships(
    connection: AppConnection, desired: set[tuple[int, int]], revision: int
) -> bool:
    rows = await connection.execute(_MEMBERSHIPS)
    current = {(row.group_id, row.member_id) for row in rows}
    for statement, edges in ((_LEAVE, current - desired), (_JOIN, desired - current)):
        if edges:
            await connection.execute(
                statement,
                [{"group": g, "member": m, "revision": revision} for g, m in sorted(edges)],
            )
    return current != desired
