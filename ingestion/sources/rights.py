"""Who may read what in a tree of folders, whatever says so there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.domain.acl import Acl
from ingestion.sources import Scan


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a file stands, and who may read it there: fields as in Listed. `holds` is asked, with a
    descriptor, whether the file that was opened is still one of which this is true."""

    container: str
    acl: Acl | None = None
    classification: str | None = None
    withheld: bool = False
    holds: Callable[[int], bool] = lambda descriptor: True


class Rights(Protocol):
    """What holds in one folder."""

    def within(self, folder: Path, name: str, scan: Scan) -> Rights:
        """What holds in the folder below that has this name in the source. The scan gets what is
        wrong with it."""

    def of(self, file: Path, scan: Scan) -> Ground:
        """What holds for a file of this folder. The scan gets its container."""
