"""What the config of a source of kind `sharepoint` must say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

LOGINS = (
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "login.partner.microsoftonline.cn",
)
GRAPHS = (
    "graph.microsoft.com",
    "graph.microsoft.us",
    "dod-graph.microsoft.us",
    "microsoftgraph.chinacloudapi.cn",
)
_SHAPES = {
    "tenant": (
        r"[A-Za-z0-9][A-Za-z0-9.-]{0,99}",
        "a sharepoint source needs config.tenant, the directory's id or domain",
    ),
    "client_id": (
        r"[A-Za-z0-9][A-Za-z0-9-]{0,99}",
        "a sharepoint source needs config.client_id, the id of the app registration",
    ),
    "site": (
        r"|https://[A-Za-z0-9.-]+(/[^?#\\\x00-\x20]*)?",
        "config.site is the address of a site, as in https://house.sharepoint.com/sites/hr",
    ),
    "user": (
        r"|[^@\s/\\?#]+@[A-Za-z0-9.-]+",
        "config.user is the name that whose OneDrive it is signs in with, ada@house.example",
    ),
    "public_links": (
        r"|everyone",
        "config.public_links is everyone, or is left out: links for anybody let nobody in",
    ),
    "organization_wide": (
        r"|everyone",
        "config.organization_wide is everyone, or is left out: what the whole organisation may read"
        " lets nobody in",
    ),
}


def wrong_sharepoint(config: Mapping[str, Any]) -> str:
    """What is wrong, for whoever registers it; empty where nothing is."""
    for key, (shape, wrong) in _SHAPES.items():
        said = config.get(key, "")
        if not isinstance(said, str) or not re.fullmatch(shape, said):
            return wrong
    if unknown := set(config) - set(_SHAPES) - {"login", "graph", "accounts"}:
        return f"a sharepoint source has no config.{min(unknown)}"
    # the secret goes to the one and what it buys to the other
    for key, hosts in (("login", LOGINS), ("graph", GRAPHS)):
        said = config.get(key, "")
        if said and not _is_cloud(said, hosts):
            return f"config.{key} is left out, or is one of https://{', https://'.join(hosts)}"
    return ""


def _is_cloud(said: Any, hosts: tuple[str, ...]) -> bool:
    if not isinstance(said, str):
        return False
    if said in {f"https://{host}" for host in hosts}:
        return True
    try:
        parts = urlsplit(said)
        local = ip_address(parts.hostname or "").is_loopback and bool(parts.port)
    except ValueError:
        return False
    return local and "@" not in said and said == f"http://{parts.netloc}"
