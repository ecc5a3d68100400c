"""A process that reads documents reaches no network, no secret, and no more than its limits."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from ingestion import restrict
from ingestion.landlock import version
from tests import needs

CONFINED = pytest.mark.skipif(version() < needs.CONFINING, reason="tests/needs.py says so")


def _inside(folder: Path, attempt: Callable[[], None], found: object) -> None:
    """As a document's process is begun: from one that is restricted, and then some more."""
    restrict.restrict(folder / "all", folder / "readable")
    restrict.begin_document(folder / "all" / "own", 1)
    try:
        attempt()
        found.put("done")  # type: ignore[attr-defined]
    except BaseException as error:
        found.put(type(error).__name__)  # type: ignore[attr-defined]


def attempted(folder: Path, attempt: Callable[[], None]) -> tuple[str, int]:
    """What came of it in a restricted process, and the process's exit code."""
    for name in ("own", "other"):
        (folder / "all" / name).mkdir(parents=True)
    (folder / "all" / "other" / "page").write_text("words", encoding="utf-8")
    (folder / "readable").write_text("words", encoding="utf-8")
    (folder / "secret").write_text("words", encoding="utf-8")
    context = multiprocessing.get_context("fork")
    found = context.SimpleQueue()
    process = context.Process(target=_inside, args=(folder, attempt, found))
    process.start()
    process.join(20)
    return "" if found.empty() else found.get(), process.exitcode or 0


def connect() -> None:
    socket.create_connection(("127.0.0.1", 9), timeout=1)


def ask_libc() -> None:
    """Without Python's own sockets: only the kernel can refuse it."""
    names = Path("/proc/self/net/dev").read_text(encoding="ascii").splitlines()[2:]
    assert [name.partition(":")[0].strip() for name in names] in (["lo"], [])


def write_much() -> None:
    with tempfile.TemporaryFile() as file:
        file.truncate(restrict.FILE + 1)


def take_memory() -> None:
    bytearray(restrict.MEMORY + 1)


def hang() -> None:
    while True:
        pass


def read_what_it_may() -> None:
    Path(tempfile.__file__).read_text(encoding="utf-8")
    Path(tempfile.gettempdir(), "made").write_text("words", encoding="utf-8")


def read_a_secret() -> None:
    Path("secret").read_text(encoding="utf-8")


def read_the_policies() -> None:
    Path("readable").read_text(encoding="utf-8")


def read_another_document() -> None:
    Path("all/other/page").read_text(encoding="utf-8")


def let_a_program_read_a_secret() -> None:
    subprocess.run(["cat", "secret"], check=True, capture_output=True)


def write_beside() -> None:
    Path("made").write_text("words", encoding="utf-8")


def look_into_the_parent() -> None:
    Path(f"/proc/{os.getppid()}/environ").read_bytes()


def kill_the_parent() -> None:
    os.kill(os.getppid(), 0)


@pytest.mark.parametrize(
    ("attempt", "outcome"),
    [
        (connect, "PermissionError"),
        (ask_libc, "done"),
        (write_much, "OSError"),
        (take_memory, "MemoryError"),
        (read_what_it_may, "done"),
        pytest.param(read_a_secret, "PermissionError", marks=CONFINED),
        pytest.param(read_the_policies, "PermissionError", marks=CONFINED),
        pytest.param(read_another_document, "PermissionError", marks=CONFINED),
        pytest.param(let_a_program_read_a_secret, "CalledProcessError", marks=CONFINED),
        pytest.param(write_beside, "PermissionError", marks=CONFINED),
        pytest.param(look_into_the_parent, "PermissionError", marks=CONFINED),
        pytest.param(kill_the_parent, "PermissionError", marks=CONFINED),
    ],
)
def test_what_is_attempted_is_refused(
    tmp_path: Path,
    attempt: Callable[[], None],
    outcome: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert attempted(tmp_path, attempt) == (outcome, 0)


def hang_on() -> None:
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    hang()


def test_what_never_ends_is_killed(tmp_path: Path) -> None:
    assert attempted(tmp_path, hang)[1] == -signal.SIGXCPU


def test_what_will_not_end_is_killed(tmp_path: Path) -> None:
    assert attempted(tmp_path, hang_on)[1] == -signal.SIGKILL


def be_orphaned() -> None:
    """Start a restricted process, say its id, and be killed."""
    folder = Path(tempfile.mkdtemp(dir=tempfile.gettempdir()))
    child = os.fork()
    if child == 0:
        restrict._die_with_parent()
        time.sleep(60)
    time.sleep(0.3)  # until it has asked for the signal
    (folder.parent / "child").write_text(str(child), encoding="ascii")
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_whose_parent_is_killed_ends(tmp_path: Path) -> None:
    assert attempted(tmp_path, be_orphaned)[1] == -signal.SIGKILL
    [said] = (tmp_path / "all").rglob("child")
    pid, until = int(said.read_text()), time.monotonic() + 5
    while time.monotonic() < until and not ended(pid):
        time.sleep(0.05)
    assert ended(pid)


def ended(pid: int) -> bool:
    """Also where nobody has asked yet how it ended."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True
