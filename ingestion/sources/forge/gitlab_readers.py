"""Who may read what of a project on GitLab: its members, by their roles there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from app.domain.accounts import source_user
from app.domain.acl import Acl
from app.domain.principal import PrincipalKind, PrincipalRef
from ingestion.problem import DocumentProblem

ISSUES, MERGE_REQUESTS = "issues", "merge_requests"
_GUEST, _PLANNER = 10, 15
"""Reporters have 20, and whoever has more may read what they may. Older servers have no 15."""
_USERNAME = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.-]{0,254}")
_BOT = re.compile(r"(project|group)_[0-9]+_bot(_[0-9a-z]+)?")
_EVERYONE = PrincipalRef(PrincipalKind.EVERYONE)


@dataclass(frozen=True)
class Readers:
    """`levels` are the access levels of the members; `project` is as GitLab shows it."""

    project: Mapping[str, Any]
    config: Mapping[str, Any]
    levels: Mapping[PrincipalRef, int]

    def has(self, kind: str) -> bool:
        """Whether issues, or merge requests, are switched on."""
        switched = self.project.get(f"{kind}_enabled") is not False
        return switched and self.project.get(f"{kind}_access_level") != "disabled"

    def acl(self, kind: str) -> Acl:
        """Of what is not confidential."""
        if not self.has(kind):
            return Acl()
        if self._is_open(kind):
            return Acl(frozenset((_EVERYONE,)))
        # guests read issues, but merge requests only where everybody may
        least = _GUEST if kind == ISSUES or self._is_public(kind) else _PLANNER
        return Acl(self._from(least))

    def confidential(self, issue: Mapping[str, Any]) -> Acl:
        """Of a confidential issue: who wrote it or is to do it reads it too, where they may read
        the other issues of the project."""
        if not self.has(ISSUES):
            return Acl()
        said = issue.get("assignees")
        concerned = {_active(one) for one in (said if isinstance(said, list) else [])}
        concerned.add(_active(issue.get("author")))
        others = {ref for ref in concerned if ref is not None}
        if not (self._is_open(ISSUES) and self._is_public(ISSUES)):
            # an internal project is closed to some who have an account
            others &= self._from(_GUEST)
        return Acl(self._from(_PLANNER) | others)

    def _is_open(self, kind: str) -> bool:
        """Whether everyone here may read it."""
        visibility = self.project.get("visibility")
        opened = visibility in ("public", "internal") and self.config.get(visibility) == "everyone"
        return opened and self.project.get(f"{kind}_access_level") == "enabled"

    def _is_public(self, kind: str) -> bool:
        public = self.project.get("visibility") == "public"
        return public and self.project.get(f"{kind}_access_level") == "enabled"

    def _from(self, least: int) -> frozenset[PrincipalRef]:
        return frozenset(ref for ref, level in self.levels.items() if level >= least)


def levels(
    members: Iterable[Mapping[str, Any]],
) -> tuple[dict[PrincipalRef, int], DocumentProblem | None]:
    """The access level of each member who is not blocked, and whose membership has not ended."""
    found, untold = dict[PrincipalRef, int](), 0
    for one in members:
        name, level = one.get("username"), one.get("access_level")
        if isinstance(name, str) and _BOT.fullmatch(name):
            continue
        if one.get("state") != "active" or one.get("membership_state", "active") != "active":
            continue
        ref, until = _user(name), _until(one.get("expires_at"))
        if ref is None or until is None or not isinstance(level, int):
            untold += 1
        elif until > datetime.now(UTC).date():
            # who is listed twice has the less until that is mended
            found[ref] = min(level, found.get(ref, level))
    if not untold:
        return found, None
    return found, DocumentProblem(
        "acl",
        f"{untold} of its members cannot read it here: GitLab does not say who they are, or how"
        " much they may",
        "look at the members of the project",
    )


def _active(said: Any) -> PrincipalRef | None:
    active = isinstance(said, dict) and said.get("state") == "active"
    return _user(said.get("username")) if active else None


def _user(name: Any) -> PrincipalRef | None:
    if not isinstance(name, str) or not _USERNAME.fullmatch(name):
        return None
    try:
        return source_user(name)
    except ValueError:
        return None


def _until(said: Any) -> date | None:
    """The day on which a membership ends; None where that cannot be understood."""
    if said is None:
        return date.max
    try:
        return date.fromisoformat(said)
    except (TypeError, ValueError):
        return None
