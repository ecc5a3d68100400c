"""The engine that the product comes with, serving its small model, for suites that time it."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from app.runtime.folders import Folders
from app.runtime.supervisor import Supervisor
from app.runtime.vllm import ENGINE, EmbeddedVllm
from evals.ground.ground import Ground, Missing

SECONDS = 300.0
"""After so long the engine has failed; the first start converts the model's weights."""


@contextmanager
def engine(ground: Ground) -> Iterator[EmbeddedVllm]:
    """vLLM on a free port of loopback, for as long as the block lasts. Raises Missing."""
    if not ENGINE.exists():
        raise Missing("no engine is installed here; run `make setup`")
    # a supervisor keeps a record of its processes there, and ends all of them
    folders = Folders(ground.scratch.root / "engine")
    folders.make()
    part = EmbeddedVllm(folders, _free_port(), secrets.token_urlsafe())
    supervisor = Supervisor(folders, say=lambda line: None)
    try:
        supervisor.start(part)
        supervisor.wait([part], seconds=SECONDS)
        yield part
    finally:
        supervisor.stop()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
