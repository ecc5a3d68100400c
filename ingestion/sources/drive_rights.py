"""Whom the permissions of a file or folder in Drive let in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.domain.accounts import source_user
from app.domain.acl import Acl
from app.domain.principal import PrincipalKind, PrincipalRef

FIELDS = (
    "id,type,role,emailAddress,domain,allowFileDiscovery,deleted,expirationTime,view,"
    "inheritedPermissionsDisabled,permissionDetails(inherited)"
)
_ROLES = frozenset("owner organizer fileOrganizer writer commenter reader".split())
_ALWAYS = frozenset(("owner", "organizer"))
"""Whom limited access does not keep out."""
_EVERYONE = PrincipalRef(PrincipalKind.EVERYONE)


@dataclass(frozen=True, slots=True)
class Held:
    """Who reads an item. `ids` are those of its permissions; `within` is whom anything below may
    be inherited by, None where no folder above limits access. `untold` says who was left out."""

    acl: Acl
    ids: frozenset[str]
    within: frozenset[PrincipalRef] | None = None
    untold: tuple[str, ...] = ()


def held(
    permissions: Iterable[Mapping[str, Any]],
    limited: bool,
    within: frozenset[PrincipalRef] | None,
    config: Mapping[str, Any],
) -> Held:
    """`limited` is whether an item is for those alone who are named on it; `within` what the folder
    above passes on."""
    allow, ids, untold = set[PrincipalRef](), set[str](), set[str]()
    for permission in permissions:
        ids.add(str(permission.get("id")))
        if _is_void(permission):
            continue
        ref, why = _principal(permission, config)
        if ref is None:
            untold.add(why)
            continue
        direct = _is_direct(permission)
        if limited or permission.get("inheritedPermissionsDisabled") not in (None, False):
            if not direct and permission.get("role") not in _ALWAYS:
                continue
        elif within is not None and not direct and ref not in within:
            continue
        allow.add(ref)
    acl = Acl(frozenset(allow))
    passed = acl.allow if limited or within is not None else None
    return Held(acl, frozenset(ids), passed, tuple(sorted(untold)))


def _is_void(permission: Mapping[str, Any]) -> bool:
    """Whether it lets nobody in at all: its account is gone, its time is over, or it is for a
    published copy or the metadata alone."""
    if permission.get("deleted") not in (None, False) or permission.get("view") is not None:
        return True
    until = permission.get("expirationTime")
    if until is None:
        return False
    try:
        return datetime.fromisoformat(until) <= datetime.now(UTC)
    except (TypeError, ValueError):
        return True


def _is_direct(permission: Mapping[str, Any]) -> bool:
    details = permission.get("permissionDetails")
    if not isinstance(details, list):
        return False
    return any(isinstance(one, dict) and one.get("inherited") is False for one in details)


def _principal(
    permission: Mapping[str, Any], config: Mapping[str, Any]
) -> tuple[PrincipalRef | None, str]:
    """Who it is, or why that is nobody."""
    kind, said = permission.get("type"), permission.get("emailAddress")
    if str(permission.get("role")) not in _ROLES:
        return None, "a role that is not known"
    if kind in ("user", "group"):
        if not isinstance(said, str) or not re.fullmatch(r"[!-?A-~]+@[!-?A-~]+", said):
            return None, f"a {kind} without an e-mail address"
        if set(said) & set(":,<>"):
            return None, f"a {kind} without an e-mail address"
        if kind == "group":
            return PrincipalRef(PrincipalKind.GROUP, said.lower()), ""
        return source_user(said), ""
    found = permission.get("allowFileDiscovery") is True
    links = config.get("public_links") == "everyone"
    if kind == "domain":
        known = permission.get("domain") in config.get("everyone_domains", [])
        if known and (found or links):
            return _EVERYONE, ""
        return None, "everybody of a domain (see config.everyone_domains and public_links)"
    if kind == "anyone":
        return (_EVERYONE, "") if links else (None, "anyone (see config.public_links)")
    return None, "a kind of permission that is not known"
