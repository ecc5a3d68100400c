"""Processes that never outlive us: started with a death signal and a mark, stopped by group."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from app.runtime.part import Start

MARK = "PORTCULLIS_RUNTIME"
"""An environment variable of every process of ours and its children: the data folder."""

_PR_SET_PDEATHSIG = 1
_LOG_BYTES = 5_000_000
_SAID_BYTES = 8_000


@dataclass
class Child:
    """A started process. `since` is on the monotonic clock, in seconds; what it writes is in
    `log` from the byte `begins` on."""

    process: subprocess.Popen[bytes]
    stop_signal: int
    since: float
    log: Path
    begins: int

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def said(self) -> str:
        """The end of what it wrote, at most `_SAID_BYTES`."""
        with self.log.open("rb") as log:
            log.seek(max(self.begins, log.seek(0, os.SEEK_END) - _SAID_BYTES))
            return log.read().decode(errors="replace").strip()

    def stop(self, patience: float) -> None:
        """Ask it to end, wait `patience` seconds, then kill it with its children."""
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(self.stop_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(patience)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def spawn(start: Start, root: Path, log: Path) -> Child:
    """Start a process in a session of its own, its output appended to `log`."""
    if log.exists() and log.stat().st_size > _LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
    user = pwd.getpwnam(start.user) if start.user else None
    libc = ctypes.CDLL(None)

    def die_with_us() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, start.stop)

    with log.open("ab") as output:
        begins = output.tell()
        process = subprocess.Popen(
            list(start.command),
            env={**os.environ, **start.environment, MARK: str(root)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            start_new_session=True,
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
            preexec_fn=die_with_us,
        )
    return Child(process, start.stop, time.monotonic(), log, begins)


def leftovers(root: Path) -> list[psutil.Process]:
    """Living processes that bear the data folder's mark, besides this one."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
                continue
            if process.environ().get(MARK) == str(root):
                found.append(process)
    return found


def sweep(root: Path, patience: float = 10) -> int:
    """End what an earlier run left behind on this data folder; how many there were."""
    old = leftovers(root)
    for process in old:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    _, stubborn = psutil.wait_procs(old, timeout=patience)
    for process in stubborn:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(stubborn, timeout=5)
    return len(old)
