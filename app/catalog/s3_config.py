"""What the config of a source of kind `s3` must say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

_SHAPES = {
    "bucket": (r"[A-Za-z0-9][A-Za-z0-9._-]{2,62}", "an s3 source needs config.bucket, a name"),
    "region": (r"|[a-z0-9-]{1,40}", "config.region is no name of a region"),
    "prefix": (r"(|[^/].{0,900})", "config.prefix is a text like team/ without a first slash"),
    "access_key": (r"|[!-~]{1,200}", "config.access_key is no access key"),
    "acl": (r"|tags", "config.acl is tags, or is left out where sidecars alone say who may read"),
    "base_url": (r"|https?://.+", "config.base_url is an http or https address"),
}


def wrong_s3(config: Mapping[str, Any]) -> str:
    """What is wrong, for whoever registers it; empty where nothing is."""
    for key, (shape, wrong) in _SHAPES.items():
        said = config.get(key, "")
        if not isinstance(said, str) or not re.fullmatch(shape, said):
            return wrong
    if unknown := set(config) - set(_SHAPES) - {"endpoint", "accounts"}:
        return f"an s3 source has no config.{min(unknown)}"
    endpoint = config.get("endpoint", "")
    if not endpoint and not config.get("region"):
        return "an s3 source needs config.endpoint, or config.region for the provider's own"
    return (
        ""
        if not endpoint or _is_address(endpoint)
        else ("config.endpoint is an http or https address without user, path or query")
    )


def _is_address(endpoint: Any) -> bool:
    try:
        parts = urlsplit(endpoint)
        port_is_sound = parts.port is None or parts.port > 0
    except (ValueError, AttributeError):
        return False
    plain = not (parts.username or parts.password or parts.query or parts.fragment)
    sound = parts.scheme in ("http", "https") and bool(parts.hostname) and port_is_sound
    return bool(sound and plain and parts.path in ("", "/"))
