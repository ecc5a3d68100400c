"""Start the keeper of audience indexes once there is something for it to keep."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import psutil

from app.db.audience_index import anything_to_keep
from app.errors import DatabaseUnavailable
from app.runtime.ours import IndexKeeper
from app.runtime.supervisor import Supervisor

LOOK_SECONDS = 60.0
_SHARE, _MEGABYTE = 4, 1 << 20


@dataclass
class Keeping:
    """Looks now and then, until the keeper has started; the supervisor sees to it from then on."""

    supervisor: Supervisor
    part: IndexKeeper
    owner_url: str = field(repr=False)
    threshold: int
    _started: bool = False
    _looked: float = float("-inf")

    def look(self) -> None:
        """A glance at the database, at most every `LOOK_SECONDS`."""
        if self._started or time.monotonic() - self._looked < LOOK_SECONDS:
            return
        self._looked = time.monotonic()
        try:
            self._started = anything_to_keep(self.owner_url, self.threshold)
        except DatabaseUnavailable:
            return  # it is being restarted
        if self._started:
            self.supervisor.start(self.part)


def build_memory() -> int:
    """What a build may take, in MB, on a machine that serves everything else as well."""
    return int(psutil.virtual_memory().total // _SHARE // _MEGABYTE)
