"""A folder that is read by the owners, groups and modes of its files, as they lie on the disk."""

from __future__ import annotations

import errno
import os
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.catalog.jobs import start_preview
from app.catalog.kinds import check_config
from app.catalog.secrets import SourceSecrets
from app.catalog.sources import register
from app.domain.acl import Acl
from app.domain.principal import Account, PrincipalKind, PrincipalRef
from app.errors import InvalidInput
from ingestion.problem import DocumentProblem
from ingestion.sources import Scan, SourceUnreadable, Standing, filesystem
from ingestion.sources.filesystem import Filesystem
from ingestion.sources.posix import PosixRights
from ingestion.sources.posix_accounts import MachineAccounts
from tests.ingestion.test_live import answering, live, standing
from tests.ingestion.test_permissions import permissions
from tests.ingestion.test_sync import write
from tests.ingestion.world import World

EVERYONE = PrincipalRef(PrincipalKind.EVERYONE)


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
