"""A bucket on moto's server, which listens on loopback while the test runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import boto3.session
from botocore.config import Config
from moto.moto_api._internal.models import moto_api_backend
from moto.server import ThreadedMotoServer

from ingestion.connect import Access
from ingestion.sources.reach import Reach
from ingestion.sources.s3 import S3

LEVELS = ("public", "internal", "confidential", "regulated")
SECRET = "the secret of the bucket"
EVERYONE = "allow: [everyone]"


@dataclass
class Bucket:
    """`client` is the owner's own, past the connector; `config` that of the source."""

    client: Any
    config: dict[str, Any]
    name: str = "papers"
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Method and path of what was asked of the store."""

    def put(self, key: str, text: str = "shared words", **said: Any) -> None:
        self.client.put_object(Bucket=self.name, Key=key, Body=text.encode(), **said)

    def delete(self, key: str) -> None:
        self.client.delete_object(Bucket=self.name, Key=key)

    def versions(self, status: str) -> None:
        self.client.put_bucket_versioning(
            Bucket=self.name, VersioningConfiguration={"Status": status}
        )

    def source(self, max_bytes: int = 1000, reach: str = "127.0.0.1", **config: Any) -> S3:
        access = Access(LEVELS, max_bytes, Reach(frozenset({reach})), SECRET)
        return S3({**self.config, **config}, access)


@contextmanager
def serving() -> Iterator[Bucket]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        config = {
            "bucket": "papers",
            "endpoint": f"http://{host}:{port}",
            "region": "us-east-1",
            "access_key": "owner",
        }
        client = boto3.session.Session().client(
            "s3",
            endpoint_url=config["endpoint"],
            region_name="us-east-1",
            aws_access_key_id="owner",
            aws_secret_access_key=SECRET,
            config=Config(proxies={}),
        )
        bucket = Bucket(client, config)
        inner = server._server.app  # type: ignore[union-attr]

        def watched(environ: dict[str, Any], start: Any) -> Any:
            asked = environ["REQUEST_METHOD"], environ["PATH_INFO"] + "?" + environ["QUERY_STRING"]
            bucket.asked.append(asked)
            return inner(environ, start)

        server._server.app = watched  # type: ignore[union-attr]
        moto_api_backend.reset()  # its buckets are the process's
        client.create_bucket(Bucket=bucket.name)
        yield bucket
    finally:
        server.stop()


@contextmanager
def answering(pages: list[bytes | int | str]) -> Iterator[Bucket]:
    """A store that answers with these: a body, a status, or where to go instead; the last one
    for ever. Asked about versioning it says that there is none."""
    left = list(pages)

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.command, self.path))
            said: bytes | int | str = b"<VersioningConfiguration/>"
            if "versioning" not in self.path:
                said = left.pop(0) if len(left) > 1 else left[0]
            body = said if isinstance(said, bytes) else b""
            status = 307 if isinstance(said, str) else said if isinstance(said, int) else 200
            self.send_response(status)
            if isinstance(said, str):
                self.send_header("Location", said)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    asked: list[tuple[str, str]] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    serving = Thread(target=server.serve_forever)
    serving.start()
    try:
        endpoint = f"http://127.0.0.1:{server.server_address[1]}"
        config = {"bucket": "papers", "endpoint": endpoint, "access_key": "owner"}
        yield Bucket(None, config, asked=asked)
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
