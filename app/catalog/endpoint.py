"""Where the API of a source is: an address that a secret may be sent to."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit


def is_endpoint(said: Any) -> bool:
    """Whether it is an https address without user, query or fragment; http is for a server on this
    machine, by its address."""
    if not isinstance(said, str) or not said.isascii() or not said.isprintable() or " " in said:
        return False
    try:
        parts = urlsplit(said)
        sound = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    if not sound or parts.username is not None or parts.password is not None:
        return False
    if "?" in said or "#" in said or "\\" in said or "%" in said:
        return False
    return parts.scheme == "https" or (
        parts.scheme == "http" and _is_loopback(parts.hostname or "")
    )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
