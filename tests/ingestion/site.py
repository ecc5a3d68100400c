"""A web site on loopback, whose pages a test writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from threading import Thread
from typing import Any


@dataclass
class Answer:
    """`write` sends the body in its own way, until it is told to stop."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    write: Callable[[Callable[[bytes], Any]], None] | None = None


@dataclass
class LocalSite:
    """`pages` are by path and query; `asked` is what was, in order, with its headers."""

    address: str
    port: int
    pages: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://{self.address}:{self.port}"

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    def page(self, path: str, *links: str, head: str = "", **said: Any) -> None:
        """A page of HTML."""
        anchors = "".join(f'<a href="{link}">x</a>' for link in links)
        body = f"<html><head>{head}</head><body>words of {path} {anchors}</body></html>"
        headers = {"Content-Type": "text/html; charset=utf-8", **said.pop("headers", {})}
        self.pages[path] = Answer(body.encode(), headers=headers, **said)


@contextmanager
def serve(
    address: str = "127.0.0.1", port: int = 0, tls: SSLContext | None = None
) -> Iterator[LocalSite]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            site.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
            answer = site.pages.get(self.path, Answer(status=404))
            etag = answer.headers.get("ETag")
            if etag and self.headers.get("If-None-Match") == etag:
                answer = Answer(status=304, headers=answer.headers)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.write is not None:
                self.send_header("Connection", "close")
                self.end_headers()
                # the reader may have had enough
                with suppress(OSError):
                    answer.write(self.wfile.write)
                self.close_connection = True
                return
            if answer.status != 304:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer((address, port), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    site = LocalSite(address, server.server_address[1])
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
