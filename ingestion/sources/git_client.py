"""Talks to git servers: only to those that may be reached, with bounds, and never by `git` itself,
its settings or its helpers."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable
from time import monotonic
from typing import IO, Any
from urllib.parse import SplitResult, urlsplit

import urllib3
from dulwich.client import GitClient, TCPGitClient, Urllib3HttpGitClient
from dulwich.errors import GitProtocolError
from dulwich.protocol import Protocol
from urllib3.util import parse_url

from ingestion.sources import SourceUnreadable
from ingestion.sources.reach import Reach

PORTS = {"https": 443, "http": 80, "git": 9418}
TIMEOUT = 60.0
"""Seconds without a byte."""
LONGEST = 3600.0
"""Seconds for one fetch."""
MOST_BYTES = 4_000_000_000
_HERE = ("localhost", "127.0.0.1", "::1")


def checked(url: str, secret: str | None) -> SplitResult:
    """Raises SourceUnreadable for a URL that no repository is read from."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise SourceUnreadable("config.url is no URL; mend it") from None
    if parts.scheme not in PORTS or not parts.hostname:
        raise SourceUnreadable("config.url must begin with https://, http:// or git:// and a host")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise SourceUnreadable(
            "config.url may hold no user, password, query or fragment;"
            " write the user to config.user, and give the password as the source's secret"
        )
    if secret and parts.scheme != "https" and parts.hostname not in _HERE:
        raise SourceUnreadable("a secret is sent over https only; mend config.url")
    return parts


def client_for(parts: SplitResult, user: str, secret: str | None, reach: Reach) -> GitClient:
    """For a URL that was checked."""
    count = _counted()
    if parts.scheme == "git":
        return _Tcp(parts.hostname or "", parts.port or PORTS["git"], reach, count)
    return _Http(parts, reach, count, user or ("git" if secret else ""), secret)


class _Pool(urllib3.PoolManager):
    """Asks before every connection, those that a redirect leads to included."""

    def __init__(self, reach: Reach, schemes: tuple[str, ...]) -> None:
        super().__init__(timeout=TIMEOUT, retries=urllib3.Retry(total=4, redirect=3))
        self.reach, self.schemes = reach, schemes

    def urlopen(  # type: ignore[override]
        self, method: str, url: str, redirect: bool = True, **said: Any
    ) -> urllib3.BaseHTTPResponse:
        parts = parse_url(url)
        if parts.scheme not in self.schemes or not parts.host:
            raise SourceUnreadable("the git server leads to an address that is not followed")
        self.reach.check(parts.host, parts.port or PORTS[parts.scheme])
        return super().urlopen(method, url, redirect, **said)


class _Http(Urllib3HttpGitClient):
    def __init__(
        self,
        parts: SplitResult,
        reach: Reach,
        count: Callable[[bytes], bytes],
        user: str,
        secret: str | None,
    ) -> None:
        schemes = ("https",) if parts.scheme == "https" else ("http", "https")
        super().__init__(
            f"{parts.scheme}://{parts.netloc}",
            pool_manager=_Pool(reach, schemes),
            username=user or None,
            password=secret,
        )
        self._count = count

    def _http_request(self, *said: Any, **more: Any) -> Any:
        answer, read = super()._http_request(*said, **more)
        return answer, lambda size: self._count(read(size))

    def _discover_references(self, *said: Any, **more: Any) -> Any:
        found = super()._discover_references(*said, **more)
        if self.dumb:
            raise GitProtocolError("the server only serves files, which has no bounds")
        return found


class _Tcp(TCPGitClient):
    def __init__(self, host: str, port: int, reach: Reach, count: Callable[[bytes], bytes]) -> None:
        super().__init__(host, port)
        self._reach, self._count = reach, count

    def _connect(
        self, cmd: bytes, path: str | bytes, protocol_version: int | None = None
    ) -> tuple[Protocol, Callable[[], bool], IO[bytes] | None]:
        port = self._port or PORTS["git"]
        self._reach.check(self._host, port)
        opened = socket.create_connection((self._host, port), timeout=TIMEOUT)
        reader, writer = opened.makefile("rb"), opened.makefile("wb", 0)

        def close() -> None:
            for end in (reader, writer, opened):
                end.close()

        self.protocol_version = 0
        protocol = Protocol(lambda size: self._count(reader.read(size)), writer.write, close)
        named = path if isinstance(path, bytes) else path.encode()
        protocol.send_cmd(b"git-" + cmd, named, b"host=" + self._host.encode("idna"))
        return protocol, lambda: bool(select.select([opened], [], [], 0)[0]), None


def _counted() -> Callable[[bytes], bytes]:
    """Passes what is read, and raises where that takes too long or is too much."""
    began, read = monotonic(), 0

    def count(given: bytes) -> bytes:
        nonlocal read
        read += len(given)
        if read > MOST_BYTES or monotonic() - began > LONGEST:
            raise SourceUnreadable(
                "the git server sends more, or for longer, than a repository may;"
                " read a smaller branch"
            )
        return given

    return count
