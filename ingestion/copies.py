"""Folders of the worker in which connectors keep copies between jobs, such as of a repository."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Copies:
    """One folder below `root` for each source as it is configured; nobody else may enter."""

    root: Path

    def of(self, source_id: int, config: Mapping[str, Any]) -> Path:
        return self.root / _name(source_id, config)

    @property
    def empty(self) -> bool:
        return not self.root.is_dir() or not any(self.root.iterdir())

    def keep_only(self, sources: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
        """Delete what was kept for sources that are gone or configured otherwise now. Blocks."""
        if self.empty:
            return
        names = {_name(source_id, config) for source_id, config in sources}
        for folder in self.root.iterdir():
            if folder.name not in names:
                shutil.rmtree(folder, ignore_errors=True)

    def make(self) -> None:
        """Raises OSError."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)


def _name(source_id: int, config: Mapping[str, Any]) -> str:
    said = json.dumps(dict(config), sort_keys=True).encode()
    return f"{source_id}-{hashlib.sha256(said).hexdigest()[:16]}"
