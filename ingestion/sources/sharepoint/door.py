"""The only way out to Microsoft Graph: one request to one address that may be reached."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from time import monotonic
from urllib.parse import urlsplit

import httpcore

from ingestion.sources import SourceUnreadable
from ingestion.sources.reach import Reach
from ingestion.sources.web.network import CONNECT_SECONDS, PinnedBackend
from ingestion.sources.web.visitor import NoAnswer, trusted, unpack, user_agent

READ_SECONDS = 30.0
REQUEST_SECONDS = 120.0
_URL = re.compile(r"https?://[!-\[\]-~]+")
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Reply:
    """`cut` is whether the body is only the first bytes of a larger one. Names of `headers` are in
    lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cut: bool


@dataclass
class Door:
    """Follows no redirect: whoever asks is told where it leads, and asks again. Its network asks
    what may be reached before each connection."""

    reach: Reach
    _backend: PinnedBackend = field(init=False)
    _pool: httpcore.ConnectionPool = field(init=False)

    def __post_init__(self) -> None:
        self._backend = PinnedBackend(self.reach)
        self._pool = httpcore.ConnectionPool(
            ssl_context=trusted(),
            max_connections=2,
            keepalive_expiry=15.0,
            network_backend=self._backend,
        )

    def close(self) -> None:
        self._pool.close()

    def ask(
        self,
        method: str,
        url: str,
        limit: int,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Reply:
        """At most `limit` bytes of what answers. Raises SourceUnreadable for what may not be
        reached, and NoAnswer."""
        scheme, host, port, target = _parts(url)
        sent = {
            "User-Agent": user_agent(),
            "Accept-Encoding": "identity",
            **(headers or {}),
        }
        timeout = {"connect": CONNECT_SECONDS, "read": READ_SECONDS, "write": READ_SECONDS}
        self._backend.deadline = monotonic() + REQUEST_SECONDS
        try:
            with self._pool.stream(
                method,
                httpcore.URL(scheme=scheme, host=host, port=port, target=target),
                headers=list(sent.items()),
                content=body,
                extensions={"timeout": timeout},
            ) as response:
                said = {
                    name.decode("ascii").lower(): value.decode("latin-1")
                    for name, value in response.headers
                }
                coding = said.get("content-encoding", "").strip().lower()
                content, cut = unpack(response.iter_stream(), coding, limit)
                return Reply(response.status, said, content, cut)
        except httpcore.TimeoutException:
            raise NoAnswer("it takes too long") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol):
            raise NoAnswer("the connection fails") from None


def _parts(url: str) -> tuple[str, str, int, str]:
    """Scheme, host, port, and the path with its query. Raises SourceUnreadable."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        sound = bool(_URL.fullmatch(url)) and "@" not in parts.netloc and bool(host)
    except (ValueError, KeyError):
        sound = False
    if not sound:
        raise SourceUnreadable("Microsoft Graph leads to what is no address; look at it")
    if parts.scheme != "https" and not _is_loopback(host):
        raise SourceUnreadable("Microsoft Graph leads to an address without TLS; look at it")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, host, port, target


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
