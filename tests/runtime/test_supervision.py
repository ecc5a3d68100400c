"""Processes that die are started again, and none outlives the one that started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from app.errors import ConfigurationError
from app.runtime.endpoints import hold, running
from app.runtime.folders import Folders
from app.runtime.process import leftovers
from app.settings import PROJECT

pytestmark = pytest.mark.integration

# Postgres and Valkey under supervision, until a signal comes
SCRIPT = """
import sys, time
from pathlib import Path
from app.runtime.endpoints import hold
from app.runtime.folders import Folders
from app.runtime.postgres import EmbeddedPostgres
from app.runtime.process import sweep
from app.runtime.supervisor import Supervisor
from app.runtime.up import _signals, _Stop
from app.runtime.valkey import EmbeddedValkey
folders = Folders(Path(sys.argv[1]))
folders.make()
with hold(folders), _signals():
    print("swept", sweep(folders.root), flush=True)
    supervisor = Supervisor(folders, lambda line: print(line, flush=True))
    try:
        parts = [EmbeddedPostgres(folders, "s" * 40), EmbeddedValkey(folders)]
        for part in parts:
            supervisor.start(part)
        supervisor.wait(parts, 60)
        print("ready", flush=True)
        while True:
            supervisor.poll()
            time.sleep(0.1)
    except _Stop:
        pass
    finally:
        supervisor.stop()
"""


class Run:
    """One run of the script on a data folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(root)],
            cwd=PROJECT, text=True, stdout=subprocess.PIPE,
        )  # fmt: skip
        self.lines: list[str] = []

    def until(self, words: str) -> None:
        assert self.process.stdout is not None
        while not any(words in line for line in self.lines):
            line = self.process.stdout.readline()
            assert line, f"it ended without saying {words!r}: {self.lines}"
            self.lines.append(line.strip())

    def part(self, name: str) -> psutil.Process:
        """The process of a part, itself a child of the supervisor."""
        for child in psutil.Process(self.process.pid).children():
            if name in child.name():
                return child
        raise AssertionError(f"no {name}")


def eventually(check: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture
def root(folders: Folders, tmp_path: Path) -> Iterator[Path]:
    # beside the session's own folder, which other users may enter
    root = folders.root.parent / f"supervised-{os.getpid()}-{tmp_path.name}"
    yield root
    for process in leftovers(root):
        process.kill()


def test_what_dies_is_started_again(root: Path) -> None:
    run = Run(root)
    run.until("ready")
    for name in ("valkey", "postgres"):
        before = run.part(name)
        before.kill()
        run.until(f"{name} ended by itself")
        eventually(lambda name=name, before=before: _other(run, name, before))  # type: ignore[misc]
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(30) == 0
    assert leftovers(root) == []


def _other(run: Run, name: str, before: psutil.Process) -> bool:
    try:
        return bool(run.part(name).pid != before.pid)
    except (AssertionError, psutil.Error):
        return False


def test_a_killed_run_leaves_nothing_and_starts_again(root: Path) -> None:
    first = Run(root)
    first.until("ready")
    first.process.kill()
    first.process.wait()
    eventually(lambda: leftovers(root) == [])
    again = Run(root)
    again.until("ready")
    again.process.send_signal(signal.SIGTERM)
    again.process.wait(30)
    assert leftovers(root) == []


def test_one_run_per_data_folder(root: Path) -> None:
    run = Run(root)
    run.until("ready")
    with pytest.raises(ConfigurationError, match="runs on"), hold(Folders(root)):
        pass
    assert running(Folders(root)) is None, "it has written no endpoints"
    run.process.send_signal(signal.SIGINT)
    run.process.wait(30)
    with hold(Folders(root)):
        pass


def test_postgres_asks_for_the_password(root: Path) -> None:
    run = Run(root)
    run.until("ready")
    socket = Folders(root).sockets / "postgres"
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(host=str(socket), user="postgres", password="wrong", dbname="postgres")
    run.process.send_signal(signal.SIGINT)
    run.process.wait(30)
