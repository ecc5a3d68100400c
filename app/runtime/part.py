"""What the supervisor needs to know about a part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

REFUSED = 78
"""The exit status of a part that does not start until a person has put something right. What it
wrote last says what."""


@dataclass(frozen=True)
class Start:
    """How a process is started. `user` is the system's user to run as, when started by root;
    `stop` the signal that asks it to end in good order, which it also gets if we die."""

    command: Sequence[str]
    environment: dict[str, str] = field(default_factory=dict)
    user: str | None = None
    stop: int = 15


class Part(Protocol):
    """One supervised process."""

    @property
    def name(self) -> str:
        """What logs and messages call it."""

    def start(self) -> Start:
        """Prepare whatever is missing (idempotent) and say how to start. May raise
        ConfigurationError."""

    def healthy(self) -> bool:
        """Whether it answers now. Never raises, and takes at most a few seconds."""
