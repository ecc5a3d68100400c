"""An API on loopback, which answers as whoever stands behind it says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit


@dataclass
class Reply:
    body: bytes = b"[]"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class Answering(Protocol):
    """`port` is where it is; `path` has no leading slash, and is as it was sent."""

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
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65_536  # an answer in one piece

        def do_GET(self) -> None:
            to = urlsplit(self.path)
            said = dict(parse_qsl(to.query))
            answer = stub.answer(to.path.removeprefix("/"), said, dict(self.headers.items()))
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """The reader has had enough."""

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        stub.port = server.server_address[1]
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
