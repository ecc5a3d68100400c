"""What the config of a source of kind `github` may say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from app.catalog.endpoint import is_endpoint

_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")
_KEYS = {"repositories", "public", "internal", "endpoint", "accounts"}


def wrong_github(config: Mapping[str, Any]) -> str:
    """What is wrong, for whoever registers it; empty where nothing is."""
    if unknown := set(config) - _KEYS:
        return f"a github source has no config.{min(unknown)}"
    named = config["repositories"]
    if not all(isinstance(one, str) and _REPOSITORY.fullmatch(one) for one in named):
        return "config.repositories is a list of repositories as OWNER/NAME"
    if len({one.lower() for one in named}) != len(named):
        return "config.repositories names a repository twice; take one out"
    for key in ("public", "internal"):
        if config.get(key) not in (None, "everyone"):
            return f"config.{key} is everyone, or is left out where collaborators alone may read"
    if "endpoint" in config and not is_endpoint(config["endpoint"]):
        return "config.endpoint is an https address; leave it out for https://api.github.com"
    return ""
