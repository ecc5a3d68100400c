"""The only way out to an S3-compatible store."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextvars import ContextVar
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSResponse
from botocore.httpsession import URLLib3Session

from ingestion.problem import DocumentProblem
from ingestion.sources.reach import Reach

ANSWER_BYTES = 16_000_000
"""A page of a listing has a thousand keys of at most 1024 bytes, which escaping triples."""
ANSWER_SECONDS = 300.0
LIMIT: ContextVar[int] = ContextVar("LIMIT", default=ANSWER_BYTES)
"""How much of the content of an object may come."""
_PORTS = {"http": 80, "https": 443}


class Door:
    """Sends what the client wants to send, redirects too, where that may be reached, and reads no
    more of an answer than is allowed."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        trusted = os.environ.get("SSL_CERT_FILE") or True
        self._session = URLLib3Session(verify=trusted, proxies={}, timeout=(10, 60))

    def __call__(self, request: Any, **_: Any) -> AWSResponse:
        to = urlsplit(request.url)
        self._reach.check(to.hostname or "", to.port or _PORTS[to.scheme])
        limit = LIMIT.get() if request.stream_output else ANSWER_BYTES
        request.stream_output = True  # so that the body is left to us
        answer = self._session.send(request)
        body = _Body(answer.raw, limit if answer.status_code < 300 else ANSWER_BYTES)
        return AWSResponse(answer.url, answer.status_code, answer.headers, body)


class _Body:
    """At most `limit` bytes of what comes."""

    def __init__(self, raw: Any, limit: int) -> None:
        self._raw, self._limit = raw, limit
        self._content = self._all()

    def _all(self) -> bytes:
        until, content = monotonic() + ANSWER_SECONDS, bytearray()
        while chunk := self._raw.read1(65_536):
            content += chunk
            if len(content) > self._limit or monotonic() > until:
                self._raw.close()
                raise DocumentProblem(
                    "read", "more comes than its size says", "look at the store, and sync again"
                )
        self._raw.release_conn()
        return bytes(content)

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self._content

    def read(self, *_: Any) -> bytes:
        content, self._content = self._content, b""
        return content
