"""The way to a server of a test, which can be closed, or swallow what is asked."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Lock, Thread

STARTED, STOPPED, HANGING = "started", "stopped", "hanging"
_ANY = ("127.0.0.1", 0)


@dataclass
class Gate:
    """Takes connections on loopback to `target`: a port of this machine, or the path of a socket.
    What it does changes for connections that are there, too."""

    target: int | str
    state: str = STARTED
    _listening: socket.socket = field(default_factory=lambda: socket.create_server(_ANY))
    _taken: list[socket.socket] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    @property
    def port(self) -> int:
        return int(self._listening.getsockname()[1])

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def become(self, state: str) -> None:
        with self._lock:
            self.state = state
            taken, self._taken = self._taken, []
        for one in taken:
            _end(one)

    def run(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            with self._lock:
                if self.state == STOPPED:
                    client.close()
                    continue
                self._taken.append(client)
                if self.state == HANGING:
                    continue
                server = self._reach()
                self._taken.append(server)
            for one, other in ((client, server), (server, client)):
                Thread(target=_pump, args=(one, other), daemon=True).start()

    def close(self) -> None:
        # only that wakes who waits for connections
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.become(STOPPED)

    def _reach(self) -> socket.socket:
        if isinstance(self.target, int):
            return socket.create_connection(("127.0.0.1", self.target))
        server = socket.socket(socket.AF_UNIX)
        server.connect(self.target)
        return server


@contextmanager
def gate(target: int | str) -> Iterator[Gate]:
    made = Gate(target)
    thread = Thread(target=made.run)
    thread.start()
    try:
        yield made
    finally:
        made.close()
        thread.join()


@dataclass
class Gated:
    """What is behind a gate."""

    gate: Gate

    def stop(self) -> None:
        self.gate.become(STOPPED)

    def hang(self) -> None:
        self.gate.become(HANGING)

    def start(self) -> None:
        self.gate.become(STARTED)


def _pump(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while given := one.recv(65_536):
            other.sendall(given)
    for end in (one, other):
        _end(end)


def _end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
