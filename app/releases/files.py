"""Digests of files, remembered: hundreds of megabytes of weights are read once, not per command."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_SKIPPED = ("__pycache__",)


@dataclass
class FileDigests:
    """SHA-256 of files in hex. `memory` is where digests are kept by path, with the size, the time
    of the last change in ns and the inode that they were of; None keeps nothing."""

    memory: Path | None
    _known: dict[str, Any] = field(default_factory=dict)
    _grown: bool = False

    def __post_init__(self) -> None:
        if self.memory is not None:
            with contextlib.suppress(OSError, ValueError):
                known = json.loads(self.memory.read_text(encoding="utf-8"))
                self._known = known if isinstance(known, dict) else {}

    def of(self, path: Path) -> str:
        """Raises OSError."""
        stat = path.stat()
        now = [stat.st_size, stat.st_mtime_ns, stat.st_ino]
        known = self._known.get(str(path))
        if isinstance(known, list) and known[:3] == now and len(known) == 4:
            return str(known[3])
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        self._known[str(path)] = [*now, found]
        self._grown = True
        return found

    def of_folder(self, folder: Path) -> dict[str, str]:
        """Every file below, by its path from there. Raises OSError."""
        paths = sorted(p for p in folder.rglob("*") if p.is_file())
        return {p.relative_to(folder).as_posix(): self.of(p) for p in paths}

    def keep(self) -> None:
        """Write down what was new; a folder that cannot be written costs time, nothing else."""
        if self.memory is None or not self._grown:
            return
        with contextlib.suppress(OSError):
            self.memory.parent.mkdir(parents=True, exist_ok=True)
            making = self.memory.with_name(f"{self.memory.name}.{os.getpid()}")
            making.write_text(json.dumps(self._known), encoding="utf-8")
            making.replace(self.memory)
            self._grown = False


def source_digest(root: Path, part: str) -> str:
    """One digest of the Python files of a folder or of one file below `root`, with their names."""
    place = root / part
    paths: Iterable[Path] = [place] if place.is_file() else sorted(place.rglob("*.py"))
    digest = hashlib.sha256()
    for path in paths:
        if not set(_SKIPPED) & set(path.parts):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{path.relative_to(root).as_posix()} {content}\n".encode())
    return digest.hexdigest()
