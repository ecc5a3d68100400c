"""Each source with what serves it, for as long as a test lasts."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from sqlalchemy import make_url

from tests.ingestion import bucket, repository, shared_drive, site, tenant, wiki_site, workspace
from tests.ingestion.changing import Changing
from tests.ingestion.changing.clouds import OnDrive, OnTenant
from tests.ingestion.changing.configured import OnBranch, OnSite
from tests.ingestion.changing.gate import gate
from tests.ingestion.changing.mail import InMaildir, OnServer, program
from tests.ingestion.changing.rooms import InWorkspace, OnWiki
from tests.ingestion.changing.tables import InDatabase, InFile
from tests.ingestion.changing.trees import ByModes, InBucket, OnDisk, Tagged
from tests.ingestion.dovecot import dovecot

NAMES = (
    "filesystem", "posix", "s3", "s3_tags", "imap", "mailbox", "git", "sqlite", "postgres", "web",
    "confluence_cloud", "confluence_data_center", "sharepoint", "drive", "slack",
)  # fmt: skip


@contextmanager
def serving(name: str, folder: Path, database: str) -> Iterator[Changing]:
    """One of NAMES; with an empty folder, and the URL of a Postgres that may have tables of it."""
    match name:
        case "filesystem":
            yield OnDisk(folder / "tree")
        case "posix":
            yield ByModes(folder / "tree")
        case "s3" | "s3_tags":
            with bucket.serving() as store, gate(_port(store.config["endpoint"])) as way:
                yield Tagged(way, store) if name == "s3_tags" else InBucket(way, store)
        case "imap":
            # its own users have to pass, and pytest's folder is closed to them
            with tempfile.TemporaryDirectory(prefix="portcullis-mail-") as root:
                Path(root).chmod(0o711)
                with (
                    dovecot(Path(root)) as server,
                    program(server) as client,
                    gate(server.port) as way,
                ):
                    yield OnServer(way, client)
        case "mailbox":
            yield InMaildir(folder / "mail")
        case "git":
            repo = repository.fresh(folder / "served")
            with repository.serving(repo) as served, gate(_port(served.url)) as way:
                yield OnBranch(way, repo)
        case "sqlite":
            yield InFile(folder / "wiki")
        case "postgres":
            url, plain = make_url(database), database.replace("+psycopg", "")
            at = f"{url.query['host']}/.s.PGSQL.{url.query.get('port', 5432)}"
            with psycopg.connect(plain, autocommit=True) as connection, gate(at) as way:
                yield InDatabase(way, url, connection)
        case "web":
            with site.serve() as pages, gate(pages.port) as way:
                yield OnSite(way, pages)
        case "confluence_cloud" | "confluence_data_center":
            with wiki_site.serving(name.endswith("cloud")) as wiki, gate(_port(wiki.url)) as way:
                yield OnWiki(way, wiki)
        case "sharepoint":
            with tenant.serving() as graph, gate(_port(graph.api)) as way:
                yield OnTenant(way, graph)
        case "drive":
            with shared_drive.serving() as drive, gate(drive.port) as way:
                yield OnDrive(way, drive)
        case "slack":
            with workspace.serving() as slack, gate(slack.port) as way:
                yield InWorkspace(way, slack)
        case _:
            raise KeyError(name)


def _port(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port
