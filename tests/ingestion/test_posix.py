"""Owners, groups and modes as ACLs: never wider than POSIX, and the same where that can be said."""

from __future__ import annotations

import errno
import os
import pwd
import stat
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalog.jobs import start_preview
from app.catalog.kinds import check_config
from app.catalog.secrets import SourceSecrets
from app.catalog.sources import register
from app.domain.accounts import source_user
from app.domain.acl import Acl
from app.domain.principal import Account, PrincipalKind, PrincipalRef
from app.errors import InvalidInput
from ingestion.problem import DocumentProblem
from ingestion.sources import Scan, SourceUnreadable, Standing, filesystem
from ingestion.sources.filesystem import Filesystem
from ingestion.sources.posix import Node, PosixRights, acl_of
from ingestion.sources.posix_accounts import MachineAccounts
from tests.ingestion.test_live import answering, live, standing
from tests.ingestion.test_permissions import permissions
from tests.ingestion.test_sync import write
from tests.ingestion.world import World

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


def source(root: Path, **config: Any) -> Filesystem:
    return Filesystem({"path": str(root), "acl": "posix", **config}, ("public",), 1000)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder that everybody may enter, with a file that everybody may read."""
    root = tmp_path / "root"
    write(root / "a.md")
    (root / "a.md").chmod(0o644)
    root.chmod(0o755)
    return root


def me() -> tuple[frozenset[PrincipalRef], frozenset[PrincipalRef]]:
    """The user and the group that made the files of the tests."""
    accounts = MachineAccounts()
    user, group = accounts.user(os.getuid()), accounts.group(os.getgid())
    assert user is not None
    assert group is not None
    return frozenset({user}), frozenset({group})


def test_files_are_read_by_whom_their_folders_and_modes_let_in(root: Path) -> None:
    user, group = me()
    everyone = frozenset({EVERYONE})
    files = {
        "hr/pay.md": (0o640, Acl(user | group)),
        "hr/open.md": (0o644, Acl(user | group)),
        "hr/own/b.md": (0o644, Acl(user)),
        "odd/c.md": (0o604, Acl(everyone, group)),
        "odd/d.md": (0o200, Acl()),
    }
    for name, (mode, _) in files.items():
        write(root / name)
        (root / name).chmod(mode)
    for name, mode in {"hr": 0o750, "hr/own": 0o700, "odd": 0o755}.items():
        (root / name).chmod(mode)
    write(root / "hr/_acl.yaml", "allow: [everyone]")
    found = source(root).scan()
    who = {one.external_id: found.containers[one.container or ""] for one in found.documents}
    assert who == {"a.md": Acl(everyone), **{name: acl for name, (_, acl) in files.items()}}
    assert all(one.acl is None and not one.withheld for one in found.documents)
    assert not found.problems
    for one in found.documents:
        expected = Standing(one.container, who[one.external_id], None)
        assert source(root).verify(one.external_id) == expected
    for name in ("hr/_acl.yaml", "hr", "none.md", "none/a.md", "a.md/b.md", "../root/a.md"):
        assert source(root).verify(name) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_file_of_whom_the_machine_does_not_know_is_nobodys_and_that_is_said(root: Path) -> None:
    (root / "a.md").chmod(0o640)
    os.chown(root / "a.md", 3_999_999, 3_999_999)
    found = source(root).scan()
    assert list(found.containers.values()) == [Acl()]
    assert list(found.problems) == ["."]
    # others may read it, but not its group, which nobody can name; who owns the folder is not in it
    (root / "a.md").chmod(0o604)
    assert list(source(root).scan().containers.values()) == [Acl(me()[0])]


def put_list(path: Path) -> None:
    """An access control list that lets user 1 in besides, as setfacl writes it."""
    entries = ((1, 6, -1), (2, 4, 1), (4, 0, -1), (16, 4, -1), (32, 4, -1))
    packed = b"".join(struct.pack("<HHi", *entry) for entry in entries)
    try:
        os.setxattr(path, "system.posix_acl_access", struct.pack("<I", 2) + packed)
    except OSError:
        pytest.skip("this file system keeps no access control lists")


@pytest.mark.parametrize("place", ["a.md", "."])
def test_an_access_control_list_leaves_the_owner_alone_and_is_told(root: Path, place: str) -> None:
    mode = 0o755 if place == "." else 0o644
    put_list(root / place)
    (root / place).chmod(mode)
    user, _ = me()
    found = source(root).scan()
    assert list(found.containers.values()) == [Acl(user)]
    assert "access control list" in found.problems["."].reason
    [one] = found.documents
    assert source(root).verify("a.md") == Standing(one.container, Acl(user), None)


def test_what_cannot_be_looked_at_is_nobodys(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scan = Scan({}, (), {})
    ground = PosixRights(MachineAccounts()).within(root, ".", scan).of(root / "gone.md", scan)
    assert scan.containers == {ground.container: Acl()}

    def refused(*asked: object, **how: object) -> list[str]:
        raise PermissionError(errno.EACCES, "refused")

    # whether there is a list is not known then
    monkeypatch.setattr(os, "listxattr", refused)
    assert list(source(root).scan().containers.values()) == [Acl(me()[0])]


@pytest.mark.parametrize("change", ["mode", "list", "file"])
def test_a_file_that_was_closed_since_the_scan_is_not_read(root: Path, change: str) -> None:
    [one] = source(root).scan().documents
    assert one.read() == b"shared words"
    if change == "mode":
        (root / "a.md").chmod(0o600)
    elif change == "list":
        put_list(root / "a.md")
        (root / "a.md").chmod(0o644)
    else:
        write(root / ".new", "secret")
        (root / ".new").chmod(0o600)
        (root / ".new").rename(root / "a.md")
    with pytest.raises(DocumentProblem, match="changed since the scan"):
        one.read()


def test_folders_whose_names_are_written_alike_share_no_rights(root: Path) -> None:
    (root / "a.md").unlink()
    for folder, mode in ((b"caf\xe9", 0o755), (b"caf\\xe9", 0o700)):
        path = Path(os.fsdecode(os.fsencode(root) + b"/" + folder))
        write(path / "a.md")
        (path / "a.md").chmod(0o644)
        path.chmod(mode)
    found = source(root).scan()
    assert len(found.documents) == 2
    assert list(found.containers.values()) == [Acl()]


def test_what_config_acl_may_say(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_config("filesystem", {"path": "/srv", "acl": "posix"})
    for said in ("nfs4", "", True, ["posix"]):
        with pytest.raises(InvalidInput, match=r"config\.acl is posix"):
            check_config("filesystem", {"path": "/srv", "acl": said})
        for ask in (source(root, acl=said).scan, lambda s=said: source(root, acl=s).verify("a.md")):
            with pytest.raises(SourceUnreadable, match=r"config\.acl is posix"):
                ask()
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(SourceUnreadable, match="on Linux alone"):
        source(root).scan()


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(filesystem, "SETTLED_SECONDS", 0.0)
    yield


async def ruled(tree: World, accounts: dict[str, Any]) -> None:
    await register(
        tree.database, None, key=tree.source.key, kind="filesystem",
        config={**tree.source.config, "acl": "posix", "accounts": accounts},
        classification_floor="public", owner=None, levels=tree.levels,
    )  # fmt: skip


@pytest.mark.integration
async def test_a_tree_is_read_by_its_modes_from_sync_to_live_check(
    tree: World, settled: None, ada: Account, bob: Account
) -> None:
    root = Path(tree.source.config["path"])
    for name, mode in {"own.md": 0o600, "hr/a.md": 0o644}.items():
        write(root / name, "shared words")
        (root / name).chmod(mode)
    for folder in (root, root / "hr"):
        folder.chmod(0o755)
    [owner] = me()[0]
    await ruled(tree, {})
    tree.runner.secrets = SourceSecrets(tree.database, "ab" * 32)
    job_id = await start_preview(tree.database, None, tree.source)
    await tree.runner.run_waiting(job_id)
    detail = (await tree.job(job_id)).detail
    assert (detail["unmapped"], detail["wide"]) == ({str(owner): 1}, {"everyone": 1})
    await ruled(tree, {"ids": {owner.key: ada.email}})
    await tree.sync()
    assert set(await tree.reads(ada)) == {"own.md", "hr/a.md"}
    assert set(await tree.reads(bob)) == {"hr/a.md"}
    (root / "hr").chmod(0o700)
    job = await permissions(tree)
    assert job.detail["outcomes"] == {"unchanged": 2}
    assert set(await tree.reads(ada)) == {"own.md", "hr/a.md"}
    assert await tree.reads(bob) == {}
    (root / "hr").chmod(0o755)
    await permissions(tree)
    assert set(await tree.reads(bob)) == {"hr/a.md"}
    (root / "hr").chmod(0o700)
    async with answering(tree):
        await standing(tree, live(tree.database))
    assert await tree.reads(bob) == {}
    assert set(await tree.reads(ada)) == {"own.md", "hr/a.md"}
