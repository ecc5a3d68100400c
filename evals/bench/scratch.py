"""A Postgres of the run's own, in a folder that is removed at its end."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import psycopg
from psycopg import sql
from sqlalchemy import make_url

from app.cli.settings import settings_from
from app.db.engine import Database, Login
from app.db.migrate import upgrade
from app.errors import InvalidInput
from app.runtime.folders import Folders
from app.runtime.part import Start
from app.runtime.postgres import EmbeddedPostgres
from app.runtime.secrets import installation_secret, login_passwords
from app.runtime.supervisor import Supervisor
from evals.bench.options import DIMENSIONS

BYTES_A_CHUNK = 7_000
"""What tables and indexes of one workload and of the plain table take together, about."""


@dataclass(frozen=True)
class SizedPostgres(EmbeddedPostgres):
    """The embedded server with so much memory of its own that all that is measured fits: the
    operating system's cache would serve one contender faster than another. `arguments` are its
    settings for that."""

    arguments: tuple[str, ...] = ()

    def start(self) -> Start:
        started = super().start()
        settings = [word for setting in self.arguments for word in ("-c", setting)]
        return replace(started, command=[*started.command, *settings])


@dataclass(frozen=True)
class Scratch:
    """A running server; `root` holds all files of the run."""

    root: Path
    server: EmbeddedPostgres
    secret: str
    levels: tuple[str, ...]

    @property
    def passwords(self) -> dict[Login, str]:
        return login_passwords(self.secret)

    def url(self, name: str) -> str:
        """The URL of a database as its owner."""
        url = make_url(self.server.owner_url).set(database=name)
        return url.render_as_string(hide_password=False)

    def make(self, name: str) -> str:
        """A database with the product's schema; its URL as its owner."""
        self.server.ensure_database(name)
        upgrade(self.url(name), self.passwords, self.levels, DIMENSIONS)
        return self.url(name)

    def connect(self, name: str) -> Database:
        return Database.connect(self.url(name), self.passwords)

    def whole(self, name: str) -> psycopg.Connection:
        """A connection as the superuser, past row-level security: all that is stored."""
        return self.server._connect(name)

    def drop(self, name: str) -> None:
        """Delete a database, whoever is connected to it: also the server, which vacuums it."""
        with self.server._connect("postgres") as connection:
            statement = sql.SQL("drop database if exists {} with (force)")
            connection.execute(statement.format(sql.Identifier(name)))

    @property
    def made(self) -> list[str]:
        """The databases of the run that are there."""
        with self.server._connect("postgres") as connection:
            names = connection.execute("select datname from pg_database where not datistemplate")
            own = {"postgres", make_url(self.server.owner_url).database}
            return sorted({row[0] for row in names} - own)


@contextmanager
def scratch(
    folder: Path | None, chunks: int, levels: tuple[str, ...], *, keep: bool
) -> Iterator[Scratch]:
    """A server in `folder`, or in a temporary one. Raises InvalidInput where it cannot be made."""
    try:
        root = folder or Path(tempfile.mkdtemp(prefix="portcullis-bench-"))
        root.mkdir(parents=True, exist_ok=True)
        root = root.resolve()
        if os.getuid() == 0:  # another user runs Postgres then, who has to get there
            root.chmod(0o711)
        folders = Folders(root)
        folders.make()
    except OSError as error:
        raise InvalidInput(f"{folder} cannot be used ({error.strerror})") from error
    memory = psutil.virtual_memory().total
    shared = max(256_000_000, min(memory // 3, chunks * BYTES_A_CHUNK))
    secret = installation_secret(settings_from(root))
    server = SizedPostgres(
        folders,
        secret,
        arguments=(
            f"shared_buffers={shared // 8192}",
            f"max_wal_size={min(4_000, max(1_000, chunks // 50))}MB",
            "effective_cache_size=4GB",
        ),
    )
    supervisor = Supervisor(folders, say=lambda line: None)
    try:
        supervisor.start(server)
        supervisor.wait([server], seconds=60)
        yield Scratch(root, server, secret, levels)
    finally:
        supervisor.stop()
        if not keep:
            shutil.rmtree(root, ignore_errors=True)
            with suppress(OSError):
                shutil.rmtree(folders.sockets)
