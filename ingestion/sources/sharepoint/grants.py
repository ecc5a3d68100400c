"""Whom the permissions of a file or folder let read it.

SharePoint has no denies and lists what is inherited with the rest, so these are all of them, and
leaving one out lets in fewer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from app.domain.accounts import source_user
from app.domain.acl import Acl
from app.domain.principal import PrincipalKind, PrincipalRef

_READING = {"read", "write", "owner", "sp.owner"}
_LINKS = {"view", "edit", "review"}
_GUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_ALL = re.compile(rf"c:0-\.f\|rolemanager\|spo-grid-all-users(/{_GUID})?|c:0\(\.s\|true")
_GROUP = re.compile(rf"c:0(?:o\.c\|federateddirectoryclaimprovider|t\.c\|tenant)\|({_GUID}(?:_o)?)")
_PERSON = "i:0#.f|membership|"
_CLAIM = re.compile(r"[a-z]:0")
_IDENTITIES = {
    "application", "device", "group", "sharePointGroup", "siteGroup", "siteUser", "user",
}  # fmt: skip
_EVERYONE = PrincipalRef(PrincipalKind.EVERYONE)


@dataclass(frozen=True, slots=True)
class Audience:
    """`home` is what the groups of a site are numbered in. The others say whether a link that
    anybody may open, and what the whole organisation may read, let everyone in."""

    home: str
    public_links: bool = False
    organization_wide: bool = False


@dataclass(frozen=True, slots=True)
class Grants:
    """`untold` says why there may be fewer in the ACL than at the source."""

    acl: Acl
    untold: frozenset[str]


@dataclass
class _Reading:
    audience: Audience
    now: datetime
    allow: set[PrincipalRef] = field(default_factory=set)
    untold: set[str] = field(default_factory=set)

    def permission(self, said: Mapping[str, Any]) -> None:
        roles, link = said.get("roles"), said.get("link")
        if self._is_over(said.get("expirationDateTime")) or said.get("hasPassword"):
            return
        if not isinstance(roles, list) or not any(role in _READING for role in map(str, roles)):
            self.untold.add("a permission has no role that is known to read")
        elif link is not None:
            self._link(link, said.get("grantedToIdentitiesV2"))
        elif said.get("grantedToV2") is not None:
            self._identity(said["grantedToV2"])
        elif said.get("invitation") is None:  # one that nobody has accepted is nobody's yet
            self.untold.add("a permission does not say whom it is granted to")

    def _link(self, link: Any, identities: Any) -> None:
        scope = link.get("scope")
        if scope == "existingAccess":
            return
        if link.get("type") not in _LINKS or scope not in ("anonymous", "organization", "users"):
            self.untold.add("a link is of a kind that is not known")
            return
        if scope == "anonymous":
            self._everyone(
                self.audience.public_links,
                "a link that anybody may open lets nobody in without config.public_links",
            )
            return
        if scope == "organization":
            self._organization()
        for identity in identities or ():
            self._identity(identity)

    def _organization(self) -> None:
        self._everyone(
            self.audience.organization_wide,
            "what the whole organisation may read lets nobody in without config.organization_wide",
        )

    def _everyone(self, allowed: bool, otherwise: str) -> None:
        if allowed:
            self.allow.add(_EVERYONE)
        else:
            self.untold.add(otherwise)

    def _identity(self, said: Any) -> None:
        """A person, a group, everybody; or an app or a device, which is nobody here."""
        if not isinstance(said, Mapping):
            self.untold.add("a permission does not say whom it is granted to")
            return
        names = {key: value for key, value in said.items() if isinstance(value, Mapping)}
        login = names.get("siteUser", {}).get("loginName")
        login = login.lower() if isinstance(login, str) and login.isascii() else ""
        group = _GROUP.fullmatch(login)
        if not names or not set(names) <= _IDENTITIES:
            self.untold.add("a permission does not say whom it is granted to")
        elif "application" in names or "device" in names:
            return
        elif "siteGroup" in names or "sharePointGroup" in names:
            self._site_group(names)
        elif _ALL.fullmatch(login):
            self._organization()
        elif group is not None and self._is_that(names.get("group"), group[1]):
            self.allow.add(PrincipalRef(PrincipalKind.GROUP, group[1]))
        elif "group" in names or (_CLAIM.match(login) and not login.startswith(_PERSON)):
            # an id alone does not tell a group from its owners
            self.untold.add("a group is not named in a way that is known")
        else:
            self._person(names)

    def _is_that(self, group: Mapping[str, Any] | None, claimed: str) -> bool:
        return group is None or str(group.get("id")).lower() in (
            claimed,
            claimed.removesuffix("_o"),
        )

    def _site_group(self, names: Mapping[str, Mapping[str, Any]]) -> None:
        number = names.get("siteGroup", {}).get("id")
        alone = set(names) <= {"siteGroup", "sharePointGroup"}
        if alone and isinstance(number, str) and re.fullmatch(r"[0-9]{1,10}", number):
            key = f"sharepoint:{self.audience.home}:{number}"
            self.allow.add(PrincipalRef(PrincipalKind.GROUP, key))
        else:
            self.untold.add("a group of the site is not named in a way that is known")

    def _person(self, names: Mapping[str, Mapping[str, Any]]) -> None:
        said = [names[key].get("email") for key in ("user", "siteUser") if key in names]
        # other letters may become these in lower case
        emails = {str(email).lower() if str(email).isascii() else "" for email in said if email}
        account = str(names.get("user", {}).get("id")).lower()
        if len(emails) == 1 and _EMAIL.fullmatch(email := emails.pop()):
            self.allow.add(PrincipalRef(PrincipalKind.USER, email))
        elif not any(said) and re.fullmatch(_GUID, account):
            self.allow.add(source_user(account))
        else:
            self.untold.add("a person is not named in a way that is known")

    def _is_over(self, said: Any) -> bool:
        if said is None or str(said).startswith("0001-01-01"):
            return False
        try:
            until = datetime.fromisoformat(str(said))
        except ValueError:
            self.untold.add("a permission has an end that cannot be read")
            return True
        return (until if until.tzinfo else until.replace(tzinfo=UTC)) <= self.now


def read_grants(permissions: Iterable[Mapping[str, Any]], audience: Audience) -> Grants:
    """What holds now."""
    reading = _Reading(audience, datetime.now(UTC))
    for permission in permissions:
        try:
            reading.permission(permission)
        except (TypeError, AttributeError):
            reading.untold.add("a permission makes no sense")
    return Grants(Acl(frozenset(reading.allow)), frozenset(reading.untold))
