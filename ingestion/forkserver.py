"""The program that reads documents: `python -m ingestion.forkserver SOCKET FOLDER POLICIES`.

It loads everything once, reads no document itself, and forks a process for each. A process reads
one document, answers and ends: what the document made of it ends with it, and no other document,
nor this program, is within its reach. SOCKET is the number of an open Unix socket: `+name` on it,
with a connection, begins a process whose own folder is FOLDER/name, `-name` kills it, and the end
of the socket ends all.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion import restrict

if TYPE_CHECKING:
    from ingestion.messages import Answered, Asked
    from ingestion.prepare import Rules

BEGUN = b"!"
"""The first that a process says: the time of its document counts from here."""
CPU_SECONDS = 360
"""Of processor time, for one document."""
LONGEST = 200
"""Bytes of a message on the socket."""


def main(number: int, folder: Path, policies: Path) -> None:
    restrict.restrict(folder, policies)
    # nothing that reads a document computes with torch, which takes seconds and 400 MB to load
    sys.modules["torch"] = None  # type: ignore[assignment]
    # only now, so that what it starts is restricted too
    from ingestion.prepare import Rules

    rules = Rules.load(policies)
    # from here on, what a library says may quote a document
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    _try_out(rules)
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=number) as control:
        _serve(control, rules, folder)


def _serve(control: socket.socket, rules: Rules, folder: Path) -> None:
    running: dict[str, int] = {}
    while True:
        message, connections, _, _ = socket.recv_fds(control, LONGEST, 1)
        _bury(running)
        if not message:
            return
        name = message[1:].decode("ascii")
        if message[:1] == b"+":
            [connection] = connections
            running[name] = _forked(control, connection, rules, folder / name)
            os.close(connection)
        elif name in running:
            os.killpg(running[name], signal.SIGKILL)


def _bury(running: dict[str, int]) -> None:
    """Forget those that ended, with all that they have started. Their numbers are nobody else's
    until they are waited for."""
    for name, pid in list(running.items()):
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            os.killpg(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            del running[name]


def _forked(control: socket.socket, connection: int, rules: Rules, own: Path) -> int:
    if pid := os.fork():
        os.setpgid(pid, pid)
        return pid
    code = 1
    with contextlib.suppress(BaseException):
        os.setpgid(0, 0)
        control.close()
        _read(socket.socket(fileno=connection), rules, own)
        code = 0
    os._exit(code)


def _read(connection: socket.socket, rules: Rules, own: Path) -> None:
    from ingestion.messages import Asked

    restrict.begin_document(own, CPU_SECONDS)
    connection.sendall(BEGUN)
    with connection.makefile("rb") as given:
        asked = Asked.decoded(given.read())
    connection.sendall(_answer(rules, asked).encoded())
    connection.shutdown(socket.SHUT_RDWR)


def _try_out(rules: Rules) -> None:
    """Import what documents of each format need, so that no process does it for itself."""
    from app.domain.document import SourceItem
    from ingestion.classify import Stated
    from ingestion.messages import Asked
    from ingestion.samples import samples

    for name, content in samples():
        asked = Asked("prepare", SourceItem("", name, "", "", "", content), Stated())
        _answer(rules, Asked.decoded(asked.encoded())).encoded()


def _answer(rules: Rules, asked: Asked) -> Answered:
    """A problem for whatever the document makes our code or a library's do."""
    from ingestion.inspect import inspect
    from ingestion.messages import Answered, Problem
    from ingestion.prepare import prepare
    from ingestion.problem import DocumentProblem, Quarantine

    try:
        if asked.task == "prepare":
            return Answered(prepared=prepare(rules, asked.item, asked.stated))
        return Answered(inspected=inspect(rules, asked.item, asked.stated))
    except DocumentProblem as problem:
        found = problem
    except MemoryError:
        found = Quarantine(
            "prepare",
            f"reading the file took more than {restrict.MEMORY // 1024**3} GB of memory",
            "split it, or save it in a simpler format",
        )
    except Exception as error:
        # its message may quote the document
        found = DocumentProblem(
            "prepare",
            f"what was read from it cannot be worked on ({type(error).__name__})",
            "save it again in its own program; if that does not help, report it to us",
        )
    return Answered(problem=Problem.of(found))


if __name__ == "__main__":
    main(int(sys.argv[1]), *map(Path, sys.argv[2:]))
