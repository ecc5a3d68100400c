"""A brake on guessing passwords: counted per address, in memory, in each web process."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from app.errors import TooManyAttempts, Unavailable

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

    @contextmanager
    def attempt(self, email: str) -> Iterator[None]:
        """One try to sign in. Raises TooManyAttempts.

        It counts as failed from its beginning, or a crowd of tries at once would pass before
        the first of them has failed; when it ends well, the address starts from nothing.
        """
        before = self._failures.get(email, (0, 0.0))
        if before[0] >= ALLOWED and self.clock() - before[1] < WAIT_SECONDS:
            raise TooManyAttempts
        self._count(email, 1)
        try:
            yield
        except Unavailable:
            self._count(email, -1)  # not a guess: nothing was compared
            raise
        self._failures.pop(email, None)

    def _count(self, email: str, change: int) -> None:
        count, _ = self._failures.pop(email, (0, 0.0))
        if count + change > 0:
            self._failures[email] = (count + change, self.clock())
        while len(self._failures) > REMEMBERED:
            self._failures.popitem(last=False)
