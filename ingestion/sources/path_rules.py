"""Who may read which paths, where a source has no rights of its own: ordered rules of its owner.

Every rule whose path matches counts: the last that says `allow` says who may read, denies add up,
and the strictest classification holds. What no rule matches, nobody reads.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import translate
from typing import Any

from app.authz.levels import strictest
from app.domain.acl import Acl
from app.domain.principal import PrincipalRef
from ingestion.problem import DocumentProblem

NO_RULE = "."
"""The container of what no rule matches; no rule can be called so."""
_JOIN = " + "
_KEYS = {"path", "allow", "deny", "classification"}
_MOST, _LONGEST = 500, 500
_Glob = tuple[re.Pattern[str] | None, ...]
"""One pattern per folder; None stands for any number of folders."""


@dataclass(frozen=True, slots=True)
class PathRule:
    """`allow` is None where the rule leaves that to those before it."""

    path: str
    glob: _Glob
    allow: frozenset[PrincipalRef] | None
    deny: frozenset[PrincipalRef]
    classification: str | None


@dataclass(frozen=True, slots=True)
class Governed:
    """What holds for a path: `container` is made of the paths of all rules that match it."""

    container: str
    acl: Acl
    classification: str | None


def read_rules(said: Any, levels: tuple[str, ...]) -> tuple[PathRule, ...]:
    """Raises DocumentProblem where one of them cannot be understood: since rules build on each
    other, then none is."""
    if not isinstance(said, list) or not said:
        raise _wrong("config.rules must be a list of at least one rule")
    if len(said) > _MOST:
        raise _wrong(f"there are {len(said)}; the limit is {_MOST}")
    return tuple(_rule(number, rule, levels) for number, rule in enumerate(said, 1))


def govern(rules: Sequence[PathRule], path: str, levels: tuple[str, ...]) -> Governed:
    """What the rules say of a path with slashes."""
    names = path.split("/")
    hits = [rule for rule in rules if _matches(rule.glob, names)]
    if not hits:
        return Governed(NO_RULE, Acl(), None)
    allows = [rule.allow for rule in hits if rule.allow is not None]
    denies = frozenset[PrincipalRef]().union(*(rule.deny for rule in hits))
    named = [rule.classification for rule in hits if rule.classification is not None]
    return Governed(
        _JOIN.join(rule.path for rule in hits),
        Acl(allows[-1] if allows else frozenset(), denies),
        strictest(levels, *named) if named else None,
    )


def _rule(number: int, said: Any, levels: tuple[str, ...]) -> PathRule:
    if not isinstance(said, dict):
        raise _wrong(f"rule {number} is no mapping")
    if unknown := set(said) - _KEYS:
        raise _wrong(f"rule {number} says {sorted(map(str, unknown))[0]!r}, which means nothing")
    path = said.get("path")
    if not isinstance(path, str) or not path or len(path) > _LONGEST:
        raise _wrong(f"rule {number} needs a path of at most {_LONGEST} characters")
    parts = path.split("/")
    if not path.isprintable() or path != path.strip() or _JOIN in path:
        raise _wrong(f"the path of rule {number} has spaces at its ends, {_JOIN!r} or odd letters")
    if any(part in ("", ".", "..") or ("**" in part and part != "**") for part in parts):
        raise _wrong(
            f"the path of rule {number} is not written from the top down;"
            " write names, * within a name and ** for any folders, with single slashes between"
        )
    allow = _names(number, said["allow"]) if "allow" in said else None
    deny = _names(number, said["deny"]) if "deny" in said else []
    try:
        acl = Acl.parse(allow or [], deny)
    except ValueError as error:
        raise _wrong(f"rule {number}: {error}") from None
    level = said.get("classification")
    if level is not None and level not in levels:
        raise _wrong(f"rule {number} names a classification that is none of {', '.join(levels)}")
    return PathRule(path, _glob(parts), None if allow is None else acl.allow, acl.deny, level)


def _names(number: int, entries: Any) -> list[str]:
    if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
        raise _wrong(f"allow and deny of rule {number} must be lists of names")
    return entries


def _glob(parts: Sequence[str]) -> _Glob:
    # what ends in ** is what lies in the folder, and not the folder's name as a file
    whole = [*parts, "*"] if parts[-1] == "**" else parts
    return tuple(None if part == "**" else re.compile(translate(part)) for part in whole)


def _matches(glob: _Glob, names: Sequence[str]) -> bool:
    """Goes through the names once, whatever the pattern, so that no path takes long."""
    at = _beyond(glob, {0})
    for name in names:
        further = set()
        for place in at:
            if place == len(glob):
                continue
            pattern = glob[place]
            if pattern is None:
                further.add(place)
            elif pattern.match(name):
                further.add(place + 1)
        at = _beyond(glob, further)
    return len(glob) in at


def _beyond(glob: _Glob, places: set[int]) -> set[int]:
    """With the places behind every `**`, which may stand for no folder."""
    found = set(places)
    for place in places:
        while place < len(glob) and glob[place] is None:
            place += 1
            found.add(place)
    return found


def _wrong(reason: str) -> DocumentProblem:
    return DocumentProblem(
        "acl",
        f"the rules cannot be used: {reason}",
        "mend config.rules of the source; until then nobody may read any of it",
    )
