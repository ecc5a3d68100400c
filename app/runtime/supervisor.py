"""Start the parts, keep them running, stop them all."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from app.errors import ConfigurationError
from app.runtime.folders import Folders
from app.runtime.part import REFUSED, Part
from app.runtime.process import Child, spawn, sweep

PATIENCE = 15.0
"""Seconds that a part has to end by itself."""
HEALTH_INTERVAL = 5.0
FAILURES = 6
"""So many health checks in a row must fail before a living process is restarted."""
LONGEST_PAUSE = 30.0

Say = Callable[[str], None]


@dataclass
class Watched:
    """A part, its process, and what is known about its health."""

    part: Part
    child: Child
    ready: bool = False
    failures: int = 0
    restarts: int = 0
    checked: float = field(default_factory=time.monotonic)
    restart_at: float | None = None


@dataclass
class Supervisor:
    """Runs parts below one data folder. Not thread-safe: one thread starts, polls and stops,
    because the death signal of a child is bound to the thread that started it."""

    folders: Folders
    say: Say
    watched: list[Watched] = field(default_factory=list)

    def start(self, part: Part) -> None:
        """Start a part; it may not answer yet."""
        log = self.folders.logs / f"{part.name}.log"
        child = spawn(part.start(), self.folders.root, log)
        self.watched.append(Watched(part, child))

    def wait(self, parts: Sequence[Part], seconds: float) -> None:
        """Until the parts answer, with restarts meanwhile.

        Raises ConfigurationError naming the log when one does not answer in time.
        """
        names = {part.name for part in parts}
        deadline = time.monotonic() + seconds
        while waiting := [w for w in self.watched if w.part.name in names and not w.ready]:
            for watched in waiting:
                watched.ready = watched.child.running and watched.part.healthy()
            if all(watched.ready for watched in waiting):
                return
            if time.monotonic() > deadline:
                late = ", ".join(w.part.name for w in waiting if not w.ready)
                raise ConfigurationError(
                    f"{late} did not answer within {seconds:.0f} s; see {self.folders.logs}"
                )
            self.poll()
            time.sleep(0.2)

    def poll(self) -> None:
        """Notice what died or hangs, and restart it with a growing pause.

        Raises ConfigurationError when a part does not start until a person has put something
        right, after its own words were said.
        """
        now = time.monotonic()
        for watched in self.watched:
            if watched.restart_at is not None:
                if now >= watched.restart_at:
                    self._restart(watched)
            elif not watched.child.running:
                code = watched.child.process.returncode
                if code == REFUSED:
                    self._give_up(watched)
                self._schedule(watched, f"ended by itself (status {code})")
            elif watched.ready and now - watched.checked > HEALTH_INTERVAL:
                watched.checked = now
                watched.failures = 0 if watched.part.healthy() else watched.failures + 1
                if watched.failures >= FAILURES:
                    self._schedule(watched, "does not answer")

    def stop(self) -> None:
        """End everything, last started first; what ignores that is killed."""
        for watched in reversed(self.watched):
            watched.child.stop(PATIENCE)
        self.watched.clear()
        sweep(self.folders.root, patience=2)

    def _give_up(self, watched: Watched) -> NoReturn:
        for line in watched.child.said().splitlines():
            self.say(line)
        raise ConfigurationError(
            f"{watched.part.name} does not start until that is put right (it is in"
            f" {self.folders.logs / watched.part.name}.log, too)"
        )

    def _schedule(self, watched: Watched, why: str) -> None:
        lived = time.monotonic() - watched.child.since
        watched.restarts = 0 if lived > LONGEST_PAUSE * 2 else watched.restarts + 1
        pause = min(0.5 * 2**watched.restarts, LONGEST_PAUSE)
        watched.ready = False
        watched.restart_at = time.monotonic() + pause
        self.say(
            f"{watched.part.name} {why}; starting it again in {pause:.0f} s"
            f" (log: {self.folders.logs / watched.part.name}.log)"
        )
        watched.child.stop(PATIENCE)

    def _restart(self, watched: Watched) -> None:
        watched.restart_at = None
        watched.failures = 0
        log = self.folders.logs / f"{watched.part.name}.log"
        watched.child = spawn(watched.part.start(), self.folders.root, log)
        # health is looked at again once it had time to come up
        watched.checked = time.monotonic()
        watched.ready = True
