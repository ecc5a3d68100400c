"""The config of a source as people write it on a command line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from app.errors import InvalidInput


def configured(file: Path | None, said: Sequence[str]) -> dict[str, Any]:
    """What a JSON or YAML file says, and over it each `KEY=VALUE`. Raises InvalidInput.

    A value that is JSON is what that means (`993`, `["everyone"]`), any other is a text.
    """
    config: dict[str, Any] = {}
    if file is not None:
        try:
            config = yaml.safe_load(file.read_text(encoding="utf-8"))
        except (OSError, ValueError, yaml.YAMLError):
            raise InvalidInput(f"{file} cannot be read as JSON or YAML") from None
        if not isinstance(config, dict) or not all(isinstance(key, str) for key in config):
            raise InvalidInput(f"{file} must hold one object: the config of the source")
    for word in said:
        key, equals, value = word.partition("=")
        if not key or not equals:
            raise InvalidInput("--set is written KEY=VALUE")
        config[key] = _meant(value)
    return config


def _meant(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value
