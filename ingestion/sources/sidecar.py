"""`_acl.yaml`: who may read the documents of a folder, and how strict they are at least.

The nearest sidecar's `allow` replaces those of the folders above; denies and classifications
add up downward. A file named under `files` has an `allow` of its own and adds to the denies.
What cannot be understood lets nobody in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from app.authz.levels import strictest
from app.domain.acl import Acl
from ingestion.problem import DocumentProblem

NAME = "_acl.yaml"
_KEYS = {"allow", "deny", "classification", "files"}


@dataclass(frozen=True, slots=True)
class FileRule:
    """What a sidecar says about one file; `acl` is None where the folder's holds."""

    acl: Acl | None
    classification: str | None


@dataclass(frozen=True, slots=True)
class FolderRule:
    """What holds in a folder, everything above it included.

    `broken` means that nobody knows what: its sidecar or one above it cannot be understood.
    """

    acl: Acl = field(default_factory=Acl)
    classification: str | None = None
    files: Mapping[str, FileRule] = field(default_factory=dict)
    broken: bool = False


def read_sidecar(text: str, above: FolderRule | None, levels: tuple[str, ...]) -> FolderRule:
    """The rule of a folder whose sidecar says `text`. Raises DocumentProblem."""
    try:
        said = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        raise _wrong(f"it is no valid YAML{where}") from None
    said = _mapping(said if said is not None else {}, "the sidecar")
    if unknown := set(said) - _KEYS:
        raise _wrong(f"it says {sorted(map(str, unknown))[0]!r}, which means nothing here")
    above = above or FolderRule()
    allow = _acl(said["allow"], []).allow if "allow" in said else above.acl.allow
    deny = _acl([], said.get("deny") or []).deny | above.acl.deny
    level = _level(said.get("classification"), above.classification, levels)
    files = {
        str(name): _file(str(name), rule, level, levels)
        for name, rule in _mapping(said.get("files") or {}, "files").items()
    }
    return FolderRule(Acl(allow, deny), level, files)


def _file(name: str, rule: Any, folder: str | None, levels: tuple[str, ...]) -> FileRule:
    rule = _mapping(rule, f"files: {name!r}")
    if unknown := set(rule) - (_KEYS - {"files"}):
        raise _wrong(f"under {name!r} it says {sorted(map(str, unknown))[0]!r}")
    if "allow" not in rule and "deny" in rule:
        raise _wrong(f"under {name!r} it says deny without allow; write both")
    acl = _acl(rule["allow"], rule.get("deny") or []) if "allow" in rule else None
    return FileRule(acl, _level(rule.get("classification"), folder, levels))


def _acl(allow: Any, deny: Any) -> Acl:
    try:
        return Acl.parse(_names(allow), _names(deny))
    except ValueError as error:
        raise _wrong(str(error)) from None


def _names(entries: Any) -> Sequence[str]:
    if entries is None:
        return []
    if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
        raise _wrong("allow and deny must be lists of names")
    return entries


def _level(said: Any, above: str | None, levels: tuple[str, ...]) -> str | None:
    if said is None:
        return above
    if said not in levels:
        raise _wrong(f"it names a classification that is none of {', '.join(levels)}")
    return strictest(levels, said, above) if above is not None else str(said)


def _mapping(value: Any, what: str) -> dict[Any, Any]:
    if not isinstance(value, dict):
        raise _wrong(f"{what} must be a mapping")
    return value


def _wrong(reason: str) -> DocumentProblem:
    return DocumentProblem(
        "acl",
        f"the sidecar cannot be used: {reason}",
        "mend it; until then nobody may read what it governs",
    )
