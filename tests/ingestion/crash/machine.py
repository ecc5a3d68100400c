"""Postgres, Valkey and the worker as processes that can be killed, and are started again."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from pydantic import SecretStr

from app.runtime.environment import child_environment
from app.runtime.folders import Folders
from app.runtime.ours import IngestionWorker
from app.runtime.part import Part
from app.runtime.postgres import EmbeddedPostgres
from app.runtime.process import Child, spawn
from app.runtime.schema import migrate
from app.runtime.valkey import EmbeddedValkey
from app.settings import Settings

SECRET = "a secret of the crash test, long enough for it"
TARGETS = ("worker", "parser", "valkey", "postgres", "session")
"""What is killed: `parser` is a child of the worker, `session` a connection's server process."""


@dataclass
class Machine:
    """The parts below one data folder. Only the thread that made it may start them."""

    folders: Folders
    settings: Settings
    parts: dict[str, Part]
    children: dict[str, Child] = field(default_factory=dict)

    def ensure(self) -> None:
        """Start what does not run."""
        for name, part in self.parts.items():
            child = self.children.get(name)
            if child is None or not child.running:
                if child is not None:
                    child.stop(0)
                log = self.folders.logs / f"{name}.log"
                self.children[name] = spawn(part.start(), self.folders.root, log)

    def kill(self, target: str, chance: random.Random) -> bool:
        """SIGKILL; False where there is none of it just now."""
        owner = {"parser": "worker", "session": "postgres"}.get(target, target)
        victim = psutil.Process(self.children[owner].process.pid)
        with contextlib.suppress(psutil.Error):
            if owner != target:
                children = victim.children(recursive=target == "parser")
                if target == "session":
                    children = [child for child in children if _serves(child)]
                if not children:
                    return False
                victim = chance.choice(children)
            victim.kill()
            return True
        return False

    def wait(self, name: str, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not self.parts[name].healthy():
            assert time.monotonic() < deadline, f"{name} did not answer"
            self.ensure()
            time.sleep(0.2)

    def stop(self) -> None:
        for child in reversed(self.children.values()):
            child.stop(10)


def _serves(process: psutil.Process) -> bool:
    """Whether it is the server process of a connection of ours."""
    return "portcullis" in " ".join(process.cmdline())


@contextmanager
def machine(root: Path) -> Iterator[Machine]:
    """Started, with the schema; the worker is warm when its first job is done."""
    folders = Folders(root)
    folders.make()
    postgres, valkey = EmbeddedPostgres(folders, SECRET), EmbeddedValkey(folders)
    settings = Settings(
        data_dir=root,
        secret_key=SecretStr(SECRET),
        database_url=SecretStr(postgres.owner_url),
        queue_url=SecretStr(valkey.url),
        sync_minutes=0,
        permission_minutes=0,
    )
    environment = child_environment(settings, demo=False)
    environment |= {
        "PORTCULLIS_SECRET_KEY": SECRET,
        "PORTCULLIS_SYNC_MINUTES": "0",
        "PORTCULLIS_PERMISSION_MINUTES": "0",
    }
    made = Machine(folders, settings, {"postgres": postgres})
    try:
        made.ensure()
        made.wait("postgres")
        postgres.ensure_database()
        migrate(settings)
        made.parts |= {"valkey": valkey, "worker": IngestionWorker(environment)}
        made.ensure()
        yield made
    finally:
        made.stop()
