"""The classifications, in order, as policy names them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from app.domain.duration import parse_duration
from app.errors import ConfigurationError


def load_levels(policies: Path) -> tuple[str, ...]:
    """The classifications of `classification.yaml`, least strict first.

    Raises ConfigurationError when the file is missing or has no usable list.
    """
    path, policy = _read(policies)
    levels = policy.get("levels")
    if not isinstance(levels, list) or not levels or not all(isinstance(x, str) for x in levels):
        raise ConfigurationError(f"{path}: `levels` must be a list of names, least strict first")
    if len(set(levels)) != len(levels):
        raise ConfigurationError(f"{path}: a classification stands twice in `levels`")
    return tuple(levels)


def strictest(levels: tuple[str, ...], *named: str) -> str:
    """The strictest of the named classifications.

    Raises ValueError on an unknown one: what nobody has ordered cannot be allowed.
    """
    return levels[max(levels.index(name) for name in named)]


def load_leases(policies: Path, levels: tuple[str, ...]) -> Mapping[str, timedelta]:
    """How long an ACL may go unconfirmed by its source, by classification; for ever where a
    classification has no lease.

    Raises ConfigurationError on an unknown classification and on what is no duration.
    """
    return _durations(policies, levels, "leases")


def load_live(policies: Path, levels: tuple[str, ...]) -> Mapping[str, timedelta]:
    """How old, by classification, the word of a source may be that a document may be read; those
    without one are not asked about. Raises ConfigurationError as `load_leases`."""
    return _durations(policies, levels, "live")


def _durations(policies: Path, levels: tuple[str, ...], key: str) -> Mapping[str, timedelta]:
    path, policy = _read(policies)
    said = policy.get(key) or {}
    if not isinstance(said, dict) or not said.keys() <= set(levels):
        raise ConfigurationError(f"{path}: `{key}` gives classifications their durations")
    try:
        return {level: parse_duration(str(lasts)) for level, lasts in said.items()}
    except ValueError as error:
        raise ConfigurationError(f"{path}: {key}: {error}") from error


def _read(policies: Path) -> tuple[Path, dict[str, Any]]:
    path = policies / "classification.yaml"
    try:
        policy = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{path}: it cannot be read, or is no YAML") from error
    if not isinstance(policy, dict):
        raise ConfigurationError(f"{path}: write the classifications as a list `levels`")
    return path, policy
