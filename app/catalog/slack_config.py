"""What the config of a source of kind `slack` may say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from app.catalog.endpoint import is_endpoint

CHANNEL = r"[CG][A-Z0-9]{2,30}"
_KEYS = {"channels", "public_channels", "endpoint", "accounts"}


def wrong_slack(config: Mapping[str, Any]) -> str:
    """What is wrong, for whoever registers it; empty where nothing is."""
    if unknown := set(config) - _KEYS:
        return f"a slack source has no config.{min(unknown)}"
    channels = config.get("channels", ["C00"])
    if not isinstance(channels, list) or not channels or not all(map(_is_channel, channels)):
        return (
            "config.channels is a list of ids of channels like C0123456789, or is left out for all"
            " that the app is in"
        )
    if config.get("public_channels") not in (None, "everyone"):
        return "config.public_channels is everyone, or is left out where members alone may read"
    if "endpoint" in config and not is_endpoint(config["endpoint"]):
        return "config.endpoint is an https address; leave it out for https://slack.com/api"
    return ""


def _is_channel(said: Any) -> bool:
    return isinstance(said, str) and re.fullmatch(CHANNEL, said) is not None
