"""Processes that read documents, one for each, from outside: asked, timed and killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app.errors import Unavailable
from ingestion import restrict
from ingestion.forkserver import BEGUN

LOADING = 300.0
"""Seconds that the program may take to load."""
MOST = 500_000_000
"""Bytes of an answer."""
_PIECE = 1_000_000
_CRASHES = 2
"""One may be somebody else's doing, who was short of memory."""
_TRIES = 4
_ROOT = Path(__file__).parents[1]


class Crashed(Exception):
    """A process ended without its answer, or with too long a one."""


@dataclass
class Processes:
    """`python -m ingestion.forkserver`, started when it is needed, and again when it is gone."""

    policies: Path
    _server: _Forkserver | None = field(default=None, init=False)

    async def ask(self, question: bytes, seconds: float) -> bytes:
        """What a process of its own answers within so many seconds.

        Raises TimeoutError, Crashed, and Unavailable when there is no process to be had.
        """
        crashes = 0
        for _ in range(_TRIES):
            server = self._running()
            async with server.begun() as connection:
                if connection is not None:
                    try:
                        async with asyncio.timeout(seconds):
                            return await _answer(*connection, question)
                    except Crashed:
                        # where the program itself is gone, it is no document's doing
                        crashes += server.runs
                        if crashes == _CRASHES:
                            raise
                elif server is self._server:
                    self.close()
        raise Unavailable(
            "no process starts that documents are read in; its error is in the worker's log"
        )

    def close(self) -> None:
        """Kill all of them."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def _running(self) -> _Forkserver:
        if self._server is None or not self._server.runs:
            self.close()
            self._server = _Forkserver(self.policies)
        return self._server


Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _Forkserver:
    def __init__(self, policies: Path) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="portcullis-", ignore_cleanup_errors=True)
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        given = (str(theirs.fileno()), self._folder.name, str(policies.absolute()))
        before = os.environ.get("PYTHONPATH")
        path = os.pathsep.join([str(_ROOT), *([before] if before else [])])
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "ingestion.forkserver", *given],
                env={**restrict.environment(), "PYTHONPATH": path},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C is for the worker: it ends this one
            )

    @property
    def runs(self) -> bool:
        return self._process.poll() is None

    @asynccontextmanager
    async def begun(self) -> AsyncIterator[Connection | None]:
        """A connection to a new process, which is killed at the end of this; None where the
        program is gone, or does nothing."""
        name = secrets.token_hex(8)
        reader, writer = await asyncio.open_connection(sock=self._begin(name))
        try:
            yield (reader, writer) if await _has_begun(reader) else None
        finally:
            writer.close()
            self._end(name)

    def _begin(self, name: str) -> socket.socket:
        Path(self._folder.name, name).mkdir()
        ours, theirs = socket.socketpair()
        with theirs, contextlib.suppress(OSError):
            socket.send_fds(self._control, [f"+{name}".encode()], [theirs.fileno()])
        return ours

    def _end(self, name: str) -> None:
        with contextlib.suppress(OSError):
            self._control.send(f"-{name}".encode())
        shutil.rmtree(Path(self._folder.name, name), ignore_errors=True)

    def close(self) -> None:
        self._control.close()
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()


async def _has_begun(reader: asyncio.StreamReader) -> bool:
    """No document is to blame for a process that does not begin."""
    try:
        async with asyncio.timeout(LOADING):
            return await reader.read(len(BEGUN)) == BEGUN
    except OSError:  # a TimeoutError is one
        return False


async def _answer(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, question: bytes
) -> bytes:
    answer = bytearray()
    try:
        writer.write(question)
        writer.write_eof()
        await writer.drain()
        while piece := await reader.read(_PIECE):
            answer += piece
            if len(answer) > MOST:
                raise Crashed
    except OSError:
        raise Crashed from None
    if not answer:
        raise Crashed
    return bytes(answer)
