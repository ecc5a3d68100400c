"""Requests to a site. They carry no cookies and no credentials, use no proxy, and follow no
redirect that was not checked: httpcore, on which httpx stands, does none of that by itself."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from ssl import SSLContext
from time import monotonic

import httpcore
import httpx

from ingestion.sources.reach import Reach
from ingestion.sources.web.address import normalise, origin
from ingestion.sources.web.network import CONNECT_SECONDS, PinnedBackend

READ_SECONDS = 20.0
REQUEST_SECONDS = 60.0
REDIRECTS = 5
_REST_BYTES = 64_000
REDIRECTING = frozenset((301, 302, 303, 307, 308))
AGENT = "Portcullis"


class NoAnswer(Exception):
    """The site gave none that can be understood; the message says how. `url` is what was asked for
    last, where redirects led elsewhere."""

    url = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """`url` is where redirects led; a status that redirects means that the next hop may not be
    followed. `cut` is whether the body is only the first bytes of a larger one. Names of
    `headers` are in lower case; of one that came twice, each value is a line."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    cut: bool


@dataclass
class Visitor:
    """Makes one request at a time."""

    reach: Reach
    request_seconds: float = REQUEST_SECONDS
    _backend: PinnedBackend = field(init=False)
    _pool: httpcore.ConnectionPool = field(init=False)

    def __post_init__(self) -> None:
        self._backend = PinnedBackend(self.reach)
        self._pool = httpcore.ConnectionPool(
            ssl_context=trusted(),
            max_connections=1,
            keepalive_expiry=15.0,
            network_backend=self._backend,
        )

    def close(self) -> None:
        self._pool.close()

    def get(
        self,
        url: str,
        limit: int,
        may: Callable[[str], bool],
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """`may` is asked about the URL of every hop but the first. Raises NoAnswer, and
        SourceUnreadable for what may not be reached."""
        for hops_left in reversed(range(REDIRECTS + 1)):
            try:
                reply = self._once(url, limit, headers or {})
            except NoAnswer as problem:
                problem.url = url
                raise
            if reply.status not in REDIRECTING or not hops_left:
                break
            target = normalise(reply.headers.get("location", ""), url)
            if target is None or not may(target):
                break
            url, headers = target, {}
        return reply

    def _once(self, url: str, limit: int, headers: Mapping[str, str]) -> Reply:
        _, host, port = origin(url)
        self.reach.check(host, port)
        sent = [("User-Agent", user_agent()), ("Accept-Encoding", "gzip"), ("Accept", "*/*")]
        timeout = {"connect": CONNECT_SECONDS, "read": READ_SECONDS, "write": READ_SECONDS}
        self._backend.deadline = monotonic() + self.request_seconds
        try:
            with self._pool.stream(
                "GET", url, headers=[*sent, *headers.items()], extensions={"timeout": timeout}
            ) as response:
                said: dict[str, str] = {}
                for raw_name, raw_value in response.headers:
                    name, value = raw_name.decode("ascii").lower(), raw_value.decode("latin-1")
                    said[name] = f"{said[name]}\n{value}" if name in said else value
                if response.status == 200:
                    coding = said.get("content-encoding", "").strip().lower()
                    body, cut = unpack(response.iter_stream(), coding, limit)
                    return Reply(url, 200, said, body, cut)
                # read for the connection to be used again
                unpack(response.iter_stream(), "", _REST_BYTES)
                return Reply(url, response.status, said, b"", False)
        except httpcore.TimeoutException:
            raise NoAnswer("it takes too long") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol):
            raise NoAnswer("the connection fails") from None


@cache
def trusted() -> SSLContext:
    """What certificates have to be signed by: what browsers trust, and what this machine does."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context


def user_agent() -> str:
    try:
        return f"{AGENT}/{version('portcullis')}"
    except PackageNotFoundError:
        return AGENT


def unpack(chunks: Iterable[bytes], coding: str, limit: int) -> tuple[bytes, bool]:
    """At most `limit` bytes as they are decoded, and whether there are more. What is sent is
    counted too: compressed data may go on for ever and hold nothing."""
    if coding not in ("", "identity", "gzip", "x-gzip"):
        raise NoAnswer("it is compressed in a way that was not asked for")
    unpacker = zlib.decompressobj(31) if "gzip" in coding else None
    content, sent = bytearray(), 0
    for chunk in chunks:
        sent += len(chunk)
        if unpacker is None:
            content += chunk
        else:
            try:
                content += unpacker.decompress(chunk, limit + 1 - len(content))
            except zlib.error:
                raise NoAnswer("it is compressed, and broken") from None
            if unpacker.eof:
                break
        if max(sent, len(content)) > limit:
            return bytes(content[:limit]), True
    if unpacker is not None and not unpacker.eof and sent:
        raise NoAnswer("it is compressed, and incomplete")
    return bytes(content[:limit]), len(content) > limit
