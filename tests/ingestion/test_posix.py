"""Owners, groups and modes as ACLs: never wider than POSIX, and the same where that can be said."""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.accounts import source_user
from app.domain.acl import Acl
from app.domain.principal import PrincipalKind, PrincipalRef
from ingestion.sources.posix import Node, acl_of
from ingestion.sources.posix_accounts import MachineAccounts

EVERYONE = PrincipalRef(PrincipalKind.EVERYONE)
USERS, GROUPS = range(1, 5), range(11, 15)
OUTSIDER = 9
"""Somebody with a name who owns nothing."""


@dataclass(frozen=True)
class Machine:
    """Accounts by number; those that are in `nameless` have no name. `members` are pairs of a user
    and a group."""

    members: frozenset[tuple[int, int]] = frozenset()
    nameless: frozenset[int] = field(default_factory=frozenset)

    def user(self, uid: int) -> PrincipalRef | None:
        return None if uid in self.nameless else source_user(f"u{uid}")

    def group(self, gid: int) -> PrincipalRef | None:
        return None if gid in self.nameless else PrincipalRef.parse(f"group:g{gid}")

    def groups_of(self, uid: int) -> frozenset[int]:
        return frozenset(gid for member, gid in self.members if member == uid)


def posix_lets(uid: int, groups: frozenset[int], path: list[tuple[int, int, int, int]]) -> bool:
    """access(2) as POSIX has it: of the first class that fits the bits are the answer."""
    for owner, group, mode, bit in path:
        shift = 6 if uid == owner else 3 if group in groups else 0
        if not mode >> shift & bit:
            return False
    return True


def acl_lets(uid: int, machine: Machine, acl: Acl) -> bool:
    refs = {EVERYONE, machine.user(uid), *map(machine.group, machine.groups_of(uid))}
    return not refs.isdisjoint(acl.allow) and refs.isdisjoint(acl.deny)


def found(uid: int, gid: int, mode: int) -> os.stat_result:
    return os.stat_result((mode, 0, 0, 1, uid, gid, 0, 0, 0, 0))


def nodes(path: list[tuple[int, int, int, int]]) -> list[Node]:
    kinds = {1: stat.S_IFDIR, 4: stat.S_IFREG}
    return [Node.of(found(u, g, kinds[bit] | mode), listed=False) for u, g, mode, bit in path]


@st.composite
def paths(draw: st.DrawFn) -> list[tuple[int, int, int, int]]:
    """One to three folders and a file: owner, group, mode, and the bit that is needed."""
    owners, groups = st.sampled_from(USERS[:3]), st.sampled_from(GROUPS[:3])
    usual = st.sampled_from([0o755, 0o750, 0o711, 0o700, 0o644, 0o640, 0o600, 0o604, 0o705, 0o044])
    node = st.tuples(owners, groups, usual | st.integers(0, 0o777))
    above = draw(st.lists(node, min_size=1, max_size=3))
    return [(*each, 1) for each in above] + [(*draw(node), 4)]


members = st.frozensets(st.tuples(st.sampled_from([*USERS, OUTSIDER]), st.sampled_from(GROUPS)))
nameless = st.frozensets(st.sampled_from([*USERS, *GROUPS]))


@given(path=paths(), members=members, nameless=nameless)
def test_nobody_is_let_in_whom_posix_keeps_out(
    path: list[tuple[int, int, int, int]],
    members: frozenset[tuple[int, int]],
    nameless: frozenset[int],
) -> None:
    machine = Machine(members, nameless)
    acl = acl_of(nodes(path), machine)
    for uid in (*USERS, OUTSIDER):
        if acl_lets(uid, machine, acl):
            assert posix_lets(uid, machine.groups_of(uid), path)


@given(path=paths(), members=members)
def test_whom_posix_lets_in_is_let_in_unless_no_acl_can_say_it(
    path: list[tuple[int, int, int, int]], members: frozenset[tuple[int, int]]
) -> None:
    machine = Machine(members)
    acl = acl_of(nodes(path), machine)
    for uid in (*USERS, OUTSIDER):
        groups = machine.groups_of(uid)
        passed_over = any(
            uid == owner and group in groups and not mode & bit << 3 and mode & bit
            for owner, group, mode, bit in path
        )
        by_two_groups = len(groups & {group for _, group, _, _ in path}) > 1
        if posix_lets(uid, groups, path) and not passed_over and not by_two_groups:
            assert acl_lets(uid, machine, acl)


@given(path=paths(), members=members)
def test_one_group_without_owners_in_it_is_said_exactly(
    path: list[tuple[int, int, int, int]], members: frozenset[tuple[int, int]]
) -> None:
    path = [(owner, GROUPS[0], mode, bit) for owner, _, mode, bit in path]
    owners = {owner for owner, _, _, _ in path}
    machine = Machine(frozenset(m for m in members if m[0] not in owners))
    acl = acl_of(nodes(path), machine)
    for uid in (*USERS, OUTSIDER):
        assert acl_lets(uid, machine, acl) == posix_lets(uid, machine.groups_of(uid), path)


U, G = source_user("u1"), PrincipalRef.parse("group:g11")


@pytest.mark.parametrize(
    ("mode", "allow", "deny"),
    [
        (0o644, {EVERYONE}, set()),
        (0o640, {U, G}, set()),
        (0o600, {U}, set()),
        (0o604, {EVERYONE}, {G}),
        (0o044, {EVERYONE}, {U}),
        (0o040, {G}, {U}),
        (0o004, {EVERYONE}, {U, G}),
        (0o311, set(), set()),
        (0o000, set(), set()),
    ],
)
def test_a_file_is_read_by_its_classes(
    mode: int, allow: set[PrincipalRef], deny: set[PrincipalRef]
) -> None:
    open_folder = (2, 12, 0o755, 1)
    path = nodes([open_folder, (1, 11, mode, 4)])
    assert acl_of(path, Machine()) == Acl(frozenset(allow), frozenset(deny))


def test_a_folder_is_entered_by_x_and_a_file_read_by_r() -> None:
    assert Node.of(found(1, 2, stat.S_IFDIR | 0o666), False) == Node(1, 2, False, False, False)
    assert Node.of(found(1, 2, stat.S_IFDIR | 0o711), False) == Node(1, 2, True, True, True)
    assert Node.of(found(1, 2, stat.S_IFREG | 0o711), False) == Node(1, 2, True, False, False)
    assert Node.of(found(1, 2, stat.S_IFLNK | 0o777), False) == Node(1, 2, False, False, False)


def test_an_owner_gets_in_by_a_group_of_the_machine() -> None:
    path = nodes([(2, 12, 0o750, 1), (1, 11, 0o600, 4)])
    assert acl_of(path, Machine()) == Acl()
    assert acl_of(path, Machine(frozenset({(1, 12)}))) == Acl(frozenset({U}))


def test_with_a_list_only_the_owner_is_sure() -> None:
    assert Node.of(found(1, 2, stat.S_IFREG | 0o674), True) == Node(1, 2, True, False, False, True)


def machine_user(name: str, monkeypatch: pytest.MonkeyPatch) -> PrincipalRef | None:
    entry = pwd.struct_passwd((name, "x", 4321, 4321, "", "/", "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwuid", lambda uid: entry)
    return MachineAccounts().user(4321)


def test_the_machine_names_users_and_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    accounts = MachineAccounts()
    assert accounts.user(0) == source_user("root")
    assert str(accounts.group(0)) == "group:root"
    assert 0 in accounts.groups_of(0)
    gone = 3_999_999_999
    assert (accounts.user(gone), accounts.group(gone)) == (None, None)
    assert accounts.groups_of(gone) == frozenset()
    # what stands for everybody who has no number here
    assert (accounts.user(65_534), accounts.group(65_534)) == (None, None)
    assert machine_user("Ada@house.example", monkeypatch) == PrincipalRef.parse("ada@house.example")
    assert machine_user("everyone", monkeypatch) is None
