"""A manifest for people: in groups, policies and long texts as digests, and how two differ."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LONGEST = 120
"""Characters of a value that is shown as it is."""
_TITLES = {
    "recipe": "Recipe",
    "model": "Model",
    "code": "Code",
    "libraries": "Libraries",
    "prompts": "Prompts",
    "figures": "Figures",
    "embedding": "Embedding model",
    "reranking": "Reranking model",
    "index": "Index",
    "policies": "Policies",
    "image": "Container image",
}
"""The groups in the order in which they are read; others follow by their own name."""


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two manifests differ; `here` or `there` is empty where one has nothing."""

    group: str
    place: str
    here: str
    there: str


def groups(manifest: Mapping[str, Any]) -> list[Group]:
    """Every value of the manifest, each as a row of its group."""
    parts = {key: manifest[key] for key in ("recipe", "model")} | dict(manifest["pins"])
    order = [*(key for key in _TITLES if key in parts), *sorted(parts.keys() - _TITLES.keys())]
    return [Group(_TITLES.get(key, key), tuple(_flat(parts[key]))) for key in order]


def differences(here: Mapping[str, Any], there: Mapping[str, Any]) -> list[Difference]:
    """Where two manifests differ, in the order of the groups of both."""
    one, other = _by_place(here), _by_place(there)
    return [
        Difference(*place, one.get(place, ""), other.get(place, ""))
        for place in [*one, *(place for place in other if place not in one)]
        if one.get(place) != other.get(place)
    ]


def _by_place(manifest: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    return {(g.title, place): value for g in groups(manifest) for place, value in g.rows}


def _flat(value: Any, place: str = "") -> list[tuple[str, str]]:
    if isinstance(value, Mapping):
        if "sha256" in value and "content" in value:  # a policy: its digest says which
            return [(place, f"sha256 {value['sha256']}")]
        return [
            row
            for key, inner in value.items()
            for row in _flat(inner, f"{place} / {key}" if place else str(key))
        ]
    words = str(value)
    if len(words) > LONGEST:
        made = hashlib.sha256(words.encode()).hexdigest()
        words = f"sha256 {made} of {len(value):,} characters"
    return [(place, words or "none")]
