"""A brake on guessing passwords: counted per address in each process."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from app.errors import TooManyAttempts

ALLOWED = 8
"""So many failures in a row are free; the next has to wait."""
WAIT_SECONDS = 60.0
REMEMBERED = 10_000
"""Addresses; the oldest are forgotten, so that inventing addresses fills no memory."""


@dataclass
class Attempts:
    """Failed sign-ins by e-mail address, with the time of the last one on `clock` (seconds)."""

    clock: Callable[[], float] = time.monotonic
    _failures: OrderedDict[str, tuple[int, float]] = field(default_factory=OrderedDict)

    def check(self, email: str) -> None:
        """Raises TooManyAttempts."""
        count, last = self._failures.get(email, (0, 0.0))
        if count >= ALLOWED and self.clock() - last < WAIT_SECONDS:
            raise TooManyAttempts

    def failed(self, email: str) -> None:
        count, _ = self._failures.pop(email, (0, 0.0))
        self._failures[email] = (count + 1, self.clock())
        while len(self._failures) > REMEMBERED:
            self._failures.popitem(last=False)

    def succeeded(self, email: str) -> None:
        self._failures.pop(email, None)
