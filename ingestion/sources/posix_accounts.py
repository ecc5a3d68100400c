"""The users and groups that this machine knows, by their numbers."""

from __future__ import annotations

import grp
import os
import pwd
from dataclasses import dataclass, field

from app.domain.accounts import source_user
from app.domain.principal import PrincipalRef

_OVERFLOW = 65_534
"""What Linux shows in place of a number that has none in this user namespace: it may be anybody."""


@dataclass(frozen=True)
class MachineAccounts:
    """Each is asked for once, so it is for one look at a source."""

    _users: dict[int, PrincipalRef | None] = field(default_factory=dict)
    _groups: dict[int, PrincipalRef | None] = field(default_factory=dict)
    _groups_of: dict[int, frozenset[int]] = field(default_factory=dict)

    def user(self, uid: int) -> PrincipalRef | None:
        """None also where an ACL would read the name as something else."""
        if uid not in self._users:
            self._users[uid] = _user(uid)
        return self._users[uid]

    def group(self, gid: int) -> PrincipalRef | None:
        if gid not in self._groups:
            self._groups[gid] = _group(gid)
        return self._groups[gid]

    def groups_of(self, uid: int) -> frozenset[int]:
        if uid not in self._groups_of:
            self._groups_of[uid] = _groups_of(uid)
        return self._groups_of[uid]


def _user(uid: int) -> PrincipalRef | None:
    try:
        return None if uid == _OVERFLOW else source_user(pwd.getpwuid(uid).pw_name)
    except (KeyError, ValueError):
        return None


def _group(gid: int) -> PrincipalRef | None:
    try:
        name = grp.getgrgid(gid).gr_name
        return None if gid == _OVERFLOW else PrincipalRef.parse(f"group:{name}")
    except (KeyError, ValueError):
        return None


def _groups_of(uid: int) -> frozenset[int]:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return frozenset()
    return frozenset(os.getgrouplist(entry.pw_name, entry.pw_gid))
