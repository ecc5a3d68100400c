"""One request at a time, with no cookies, no proxy, no credentials but those that are given, and
no redirect followed: httpcore, on which httpx stands, does none of that by itself."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from ssl import SSLContext
from time import monotonic

import httpcore
import httpx

from ingestion.sources.http.address import origin
from ingestion.sources.http.network import CONNECT_SECONDS, PinnedBackend
from ingestion.sources.reach import Reach

READ_SECONDS = 60.0
REQUEST_SECONDS = 120.0
ERROR_BYTES = 64_000
REDIRECTING = frozenset((301, 302, 303, 307, 308))
AGENT = "Portcullis"


class NoAnswer(Exception):
    """There is none that can be understood; the message says how. `url` is what was asked for
    last, where redirects led elsewhere."""

    url = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """`cut` is whether the body is only the first bytes of a larger one. Names of `headers` are in
    lower case; of one that came twice, each value is a line."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cut: bool


@dataclass
class Door(AbstractContextManager["Door"]):
    """Its network asks what may be reached before each connection. Beyond this machine only https
    will do, unless it is `plain`: for requests that carry no secret."""

    reach: Reach
    request_seconds: float = field(default_factory=lambda: REQUEST_SECONDS)
    plain: bool = False
    _backend: PinnedBackend = field(init=False, repr=False)
    _pool: httpcore.ConnectionPool = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._backend = PinnedBackend(self.reach)
        self._pool = httpcore.ConnectionPool(
            ssl_context=trusted(),
            max_connections=1,
            keepalive_expiry=15.0,
            network_backend=self._backend,
        )

    def __exit__(self, *_: object) -> None:
        self.close()

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
        """At most `limit` bytes of what answers, less of what is no success. Raises NoAnswer, and
        SourceUnreadable for what may not be reached."""
        if not self.plain:
            origin(url)
        sent = {"User-Agent": user_agent(), "Accept-Encoding": "gzip", **(headers or {})}
        if body is not None:
            sent["Content-Length"] = str(len(body))
        timeout = {"connect": CONNECT_SECONDS, "read": READ_SECONDS, "write": READ_SECONDS}
        self._backend.deadline = monotonic() + self.request_seconds
        try:
            with self._pool.stream(
                method,
                url,
                headers=list(sent.items()),
                content=body,
                extensions={"timeout": timeout},
            ) as response:
                return _read(response, limit)
        except httpcore.TimeoutException:
            raise NoAnswer("it takes too long") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol):
            raise NoAnswer("the connection fails") from None


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


def _read(response: httpcore.Response, limit: int) -> Reply:
    said: dict[str, str] = {}
    for raw_name, raw_value in response.headers:
        name, value = raw_name.decode("ascii").lower(), raw_value.decode("latin-1")
        said[name] = f"{said[name]}\n{value}" if name in said else value
    coding = said.get("content-encoding", "").strip().lower()
    if 200 <= response.status < 300:
        body, cut = unpack(response.iter_stream(), coding, limit)
        return Reply(response.status, said, body, cut)
    # how it fails is known by its status, whatever comes with that
    try:
        body, cut = unpack(response.iter_stream(), coding, min(limit, ERROR_BYTES))
    except NoAnswer:
        body, cut = b"", False
    return Reply(response.status, said, body, cut)


@cache
def trusted() -> SSLContext:
    """What certificates have to be signed by: what browsers trust, and what this machine does."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context
