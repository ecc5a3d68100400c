"""Addresses that an API leads to: those that a token, and text, may go over."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from ingestion.sources import SourceUnreadable

_PORTS = {"https": 443, "http": 80}


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port. Raises SourceUnreadable for what is no address, and for one without
    TLS that is not this machine's."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        odd = not re.fullmatch(r"[!-~]+", url) or not {"@", "\\"}.isdisjoint(parts.netloc)
    except (ValueError, KeyError):
        host, port, odd = "", 0, True
    if odd or not host or parts.scheme not in _PORTS:
        raise SourceUnreadable("the source leads to what is no address; look at it")
    if parts.scheme != "https" and not is_loopback(host):
        raise SourceUnreadable("the source leads to an address without TLS: it takes https")
    return parts.scheme, host, port


def is_loopback(host: str) -> bool:
    """By its number: a name may lead anywhere."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
