"""An API on loopback, which answers as whoever stands behind it says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlencode

from tests.ingestion.listening import Asked, listening


@dataclass
class Reply:
    body: bytes = b"[]"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class Answering(Protocol):
    """`port` is where it is; `path` has no leading slash, and is as it was sent; names of `headers`
    are in lower case."""

    port: int

    def answer(self, path: str, said: dict[str, str], headers: Mapping[str, str]) -> Reply: ...


def reply(said: Any, status: int = 200, **headers: str) -> Reply:
    return Reply(json.dumps(said).encode(), status, headers)


def listing(at: str, found: list[Any], said: dict[str, str], size: int, rel: str = "next") -> Reply:
    """A page of what was found, with a link to the next as GitHub and GitLab write it."""
    start = int(said.get("page", "1")) - 1
    rest = found[(start + 1) * size :]
    query = urlencode({**said, "page": str(start + 2)})
    first = f'<{at}?{urlencode({**said, "page": "1"})}>; rel="first"'
    link = f'<{at}?{query}>; rel="{rel}", {first}' if rest else first
    return reply(found[start * size : (start + 1) * size], Link=link)


@contextmanager
def serving(stub: Answering) -> Iterator[None]:
    def respond(asked: Asked) -> Reply:
        return stub.answer(asked.path.removeprefix("/"), asked.said, asked.headers)

    with listening(respond) as stub.port:
        yield
