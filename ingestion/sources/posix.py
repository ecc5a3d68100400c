"""Owners, groups and modes as ACLs: who may read a file is whom POSIX lets enter each folder on its
path, from the source's own down, and read the file.

POSIX judges somebody by one class alone: the owner by the owner's bits, else a member of the group
by the group's, else by those of others. What an ACL of allows and denies cannot say is left out, so
it is never wider, and narrower in these cases:

- an owner who is in the group of a file or folder that lets in others but not its group is denied;
- where one needs to be in two groups, those who are in both and own nothing on the path are not
  let in;
- who would have to be denied and has no name here closes it to all but the owners;
- that root may read everything is not said.

An id with several names is known by the first. Owners get in by the groups that the machine knows
them in; groups are let in, or denied, as who is in them here.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from app.domain.acl import Acl
from app.domain.principal import PrincipalKind, PrincipalRef
from ingestion.problem import DocumentProblem
from ingestion.sources import Scan
from ingestion.sources.folders import ROOT
from ingestion.sources.rights import Ground

_LISTS = {
    "system.posix_acl_access",
    "system.nfs4_acl",
    "system.cifs_acl",
    "system.richacl",
}
_LISTED = DocumentProblem(
    "acl",
    "an access control list is on this folder or a file in it; only its mode is read, so it lets"
    " in nobody but the owner",
    "take the list away (setfacl -b), or nothing where that is right",
)
_NAMELESS = DocumentProblem(
    "acl",
    "the owner or group of this folder or a file in it has no name on the worker's machine, and"
    " grants nobody",
    "let the worker know the accounts of the machine that the folder is from",
)
_EVERYONE = PrincipalRef(PrincipalKind.EVERYONE)


class Accounts(Protocol):
    """Users and groups by number; None for one that has no name."""

    def user(self, uid: int) -> PrincipalRef | None: ...

    def group(self, gid: int) -> PrincipalRef | None: ...

    def groups_of(self, uid: int) -> frozenset[int]:
        """Those that the user is in."""


@dataclass(frozen=True, slots=True)
class Node:
    """A folder on the path, or the file at its end: whether `owner`, `group` and `other` may enter
    or read it. `listed`: there is an access control list besides the mode."""

    uid: int
    gid: int
    owner: bool
    group: bool
    other: bool
    listed: bool = False

    @classmethod
    def of(cls, found: os.stat_result, listed: bool) -> Node:
        """With a list the bits of the group are the most that anybody named in it may, and those of
        others may not count for everybody: the owner's alone are sure."""
        asked = {stat.S_IFDIR: 0o111, stat.S_IFREG: 0o444}.get(stat.S_IFMT(found.st_mode), 0)
        bits = found.st_mode & asked & (0o700 if listed else 0o777)
        owner, group, other = (bool(bits & of_class) for of_class in (0o700, 0o070, 0o007))
        return cls(found.st_uid, found.st_gid, owner, group, other, listed)

    def lets(self, uid: int, groups: frozenset[int]) -> bool:
        """Whether POSIX lets this user in, who is in these groups."""
        if uid == self.uid:
            return self.owner
        return self.group if self.gid in groups else self.other

    @property
    def bits(self) -> str:
        return "".join(str(int(may)) for may in (self.owner, self.group, self.other))


def acl_of(path: Sequence[Node], accounts: Accounts) -> Acl:
    """Who may enter all and read the last."""
    denied = {accounts.user(n.uid) for n in path if not n.owner and (n.group or n.other)}
    denied |= {accounts.group(n.gid) for n in path if not n.group and n.other}
    allowed: set[PrincipalRef | None] = set()
    if None not in denied:
        if all(node.other for node in path):
            return Acl(frozenset({_EVERYONE}), _named(denied))
        allowed |= {accounts.group(gid) for gid in {n.gid for n in path} if _lets_in(gid, path)}
    for uid in {node.uid for node in path}:
        groups = accounts.groups_of(uid)
        if all(node.lets(uid, groups) for node in path):
            allowed.add(accounts.user(uid))
    return Acl(_named(allowed), _named(denied))


def _lets_in(gid: int, path: Sequence[Node]) -> bool:
    """Whether who is in this group and in no other gets to the end, unless an owner."""
    return all(node.group if node.gid == gid else node.other for node in path)


def _named(refs: Iterable[PrincipalRef | None]) -> frozenset[PrincipalRef]:
    return frozenset(ref for ref in refs if ref is not None)


@dataclass(frozen=True)
class PosixRights:
    """What holds in the folder `name`: `path` leads to it, itself included.

    Files of a folder that have the same owner, group and rights share a container, so a change of a
    folder is one write for each of these.
    """

    accounts: Accounts
    path: tuple[Node, ...] = ()
    name: str = ROOT

    def within(self, folder: Path, name: str, scan: Scan) -> PosixRights:
        below = replace(self, name=name)
        return replace(below, path=(*self.path, below._node(folder, scan)))

    def of(self, file: Path, scan: Scan) -> Ground:
        node = self._node(file, scan)
        acl = acl_of((*self.path, node), self.accounts)
        container = f"{self.name} {node.bits} {node.uid}:{node.gid}"
        if scan.containers.setdefault(container, acl) != acl:
            # names that are no text can be written alike
            scan.containers[container] = Acl()
        return Ground(container, holds=lambda descriptor: _look(descriptor) == node)

    def _node(self, path: Path, scan: Scan) -> Node:
        try:
            node = _look(path)
        except OSError:
            return Node(0, 0, owner=False, group=False, other=False)
        if node.listed:
            scan.problems.setdefault(self.name, _LISTED)
        if self.accounts.user(node.uid) is None or self.accounts.group(node.gid) is None:
            scan.problems.setdefault(self.name, _NAMELESS)
        return node


def _look(at: Path | int) -> Node:
    """Raises OSError."""
    found = os.fstat(at) if isinstance(at, int) else at.lstat()
    return Node.of(found, _has_list(at))


def _has_list(at: Path | int) -> bool:
    """Also where that cannot be told."""
    try:
        # a descriptor is no link
        names = os.listxattr(at, follow_symlinks=isinstance(at, int))
    except OSError as error:
        return error.errno != errno.ENOTSUP
    return not _LISTS.isdisjoint(names)
