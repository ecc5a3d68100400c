"""The classifications, in order, as policy names them."""

from __future__ import annotations

from pathlib import Path

import yaml

from app.errors import ConfigurationError


def load_levels(policies: Path) -> tuple[str, ...]:
    """The classifications of `classification.yaml`, least strict first.

    Raises ConfigurationError when the file is missing or has no usable list.
    """
    path = policies / "classification.yaml"
    try:
        levels = yaml.safe_load(path.read_text(encoding="utf-8"))["levels"]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise ConfigurationError(f"{path}: write the classifications as a list `levels`") from error
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
