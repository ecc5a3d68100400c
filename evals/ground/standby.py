"""A real streaming replica of the embedded Postgres, whose replay can be held."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from app.runtime.folders import Folders
from app.runtime.part import Start
from app.runtime.postgres import SUPERUSER, EmbeddedPostgres, binaries
from app.runtime.secrets import derive
from app.runtime.supervisor import Supervisor

HOLD = "select pg_wal_replay_pause()"
FOLLOW = "select pg_wal_replay_resume()"


@dataclass(frozen=True)
class Standby:
    """A physical copy of the primary in `<root>/postgres`, of all its databases."""

    primary: EmbeddedPostgres
    folders: Folders
    name: str = "standby"

    @property
    def socket_folder(self) -> Path:
        return self.folders.sockets / "standby"

    def url(self, of: str) -> str:
        """The URL of the copy of the database that `of` names on the primary."""
        here = {"host": str(self.socket_folder)}
        return make_url(of).update_query_dict(here).render_as_string(hide_password=False)

    def start(self) -> Start:
        root = os.getuid() == 0
        user = pwd.getpwuid(self.primary.folders.postgres.stat().st_uid) if root else None
        self.socket_folder.mkdir(exist_ok=True)
        if user is not None:
            shutil.chown(self.socket_folder, user.pw_name, user.pw_gid)
        if not self.folders.postgres.is_dir():
            self._copy(user)
        return Start(
            [
                str(binaries() / "postgres"), "-D", str(self.folders.postgres),
                "-c", f"unix_socket_directories={self.socket_folder}",
            ],
            user=user.pw_name if user else None,
            stop=signal.SIGINT,
        )  # fmt: skip

    def healthy(self) -> bool:
        try:
            with self.connect() as connection:
                connection.execute("select 1")
        except psycopg.Error:
            return False
        return True

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """As the superuser, who may hold the replay and end connections."""
        return psycopg.connect(
            host=str(self.socket_folder),
            user=SUPERUSER,
            dbname=database,
            password=derive(self.primary.secret, "postgres:superuser"),
            autocommit=True,
            connect_timeout=3,
        )

    def hold(self) -> None:
        """Fall behind from now on."""
        with self.connect() as connection:
            connection.execute(HOLD)

    def follow(self) -> None:
        with self.connect() as connection:
            connection.execute(FOLLOW)

    def _copy(self, user: pwd.struct_passwd | None) -> None:
        self.folders.postgres.mkdir(mode=0o700)
        if user is not None:
            shutil.chown(self.folders.postgres, user.pw_name, user.pw_gid)
        subprocess.run(
            [
                str(binaries() / "pg_basebackup"), "-D", str(self.folders.postgres), "-R",
                "-h", str(self.primary.socket_folder), "-U", SUPERUSER, "-c", "fast",
            ],
            env={"PGPASSWORD": derive(self.primary.secret, "postgres:superuser")},
            user=user.pw_name if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
            cwd="/",
            check=True,
        )  # fmt: skip


@contextmanager
def following(primary: EmbeddedPostgres, root: Path) -> Iterator[Standby]:
    """A running replica in `root`, a folder of its own, so that it is stopped alone."""
    own = Folders(root)
    own.make()
    own.root.chmod(0o711)
    copy = Standby(primary, own)
    supervisor = Supervisor(own, say=lambda line: None)
    try:
        supervisor.start(copy)
        supervisor.wait([copy], seconds=60)
        yield copy
        copy.follow()
    finally:
        supervisor.stop()
