"""What the config of a source of kind `confluence` or `jira` must say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

_KEYS = {"url", "deployment", "user", "public_links", "all_users", "accounts"}
PROJECT_KEY = r"[A-Za-z0-9_-]{1,255}"


def wrong_confluence(config: Mapping[str, Any]) -> str:
    """What is wrong, for whoever registers it; empty where nothing is."""
    spaces = config.get("spaces", [])
    if not isinstance(spaces, list) or not all(
        isinstance(key, str) and key and key.isprintable() for key in spaces
    ):
        return "config.spaces is a list of the keys of spaces, or is left out for all"
    return _wrong_site(config, "confluence", "spaces", "https://NAME.atlassian.net/wiki")


def wrong_jira(config: Mapping[str, Any]) -> str:
    """See wrong_confluence."""
    projects = config.get("projects", [])
    if not isinstance(projects, list) or not all(
        isinstance(key, str) and re.fullmatch(PROJECT_KEY, key) for key in projects
    ):
        return "config.projects is a list of the keys of projects, or is left out for all"
    return _wrong_site(config, "jira", "projects", "https://NAME.atlassian.net")


def _wrong_site(config: Mapping[str, Any], kind: str, parts: str, such_as: str) -> str:
    if unknown := set(config) - _KEYS - {parts}:
        return f"a {kind} source has no config.{min(unknown)}"
    if not _is_address(config.get("url")):
        return f"config.url is the site's https address without user or query, such as {such_as}"
    if config.get("deployment") not in ("cloud", "data_center"):
        return "config.deployment is cloud or data_center"
    user = config.get("user", "")
    if not isinstance(user, str) or not user.isascii() or not user.isprintable() or ":" in user:
        return "config.user is the e-mail address to which the token belongs"
    if config["deployment"] == "cloud" and not user:
        return "a site in the cloud needs config.user, the e-mail address of the token's owner"
    for key in ("public_links", "all_users"):
        if config.get(key) not in (None, "everyone"):
            return f"config.{key} is everyone, or is left out where that is nobody here"
    return ""


def _is_address(url: Any) -> bool:
    if not isinstance(url, str) or not re.fullmatch(r"[!-~]{1,500}", url):
        return False
    try:
        parts = urlsplit(url)
        host, sound = parts.hostname or "", parts.port is None or parts.port > 0
    except ValueError:
        return False
    plain = not (parts.username or parts.password or parts.query or parts.fragment)
    path = re.fullmatch(r"(/[A-Za-z0-9_-]+)*/?", parts.path)
    secure = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))
    return bool(host and sound and plain and path and secure)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
