"""What the config of a source of kind `gitlab` may say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from app.catalog.endpoint import is_endpoint

_NAME = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9_.][A-Za-z0-9_.-]{0,254}"
_PROJECT = re.compile(rf"{_NAME}(?:/{_NAME}){{1,20}}")
_KEYS = {"projects", "public", "internal", "endpoint", "accounts"}


def wrong_gitlab(config: Mapping[str, Any]) -> str:
    """What is wrong, for whoever registers it; empty where nothing is."""
    if unknown := set(config) - _KEYS:
        return f"a gitlab source has no config.{min(unknown)}"
    named = config["projects"]
    if not all(isinstance(one, str) and _PROJECT.fullmatch(one) for one in named):
        return "config.projects is a list of projects as GROUP/NAME, with all groups above"
    if len({one.lower() for one in named}) != len(named):
        return "config.projects names a project twice; take one out"
    for key in ("public", "internal"):
        if config.get(key) not in (None, "everyone"):
            return f"config.{key} is everyone, or is left out where members alone may read"
    endpoint = config.get("endpoint", "https://gitlab.com/api/v4")
    if not is_endpoint(endpoint) or not endpoint.rstrip("/").endswith("/api/v4"):
        return (
            "config.endpoint is an https address that ends with /api/v4; leave it out for"
            " https://gitlab.com/api/v4"
        )
    return ""
