"""Where things lie in the data folder."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

LONGEST_SOCKET_FOLDER = 80
"""Characters; the system's limit for the path of a socket is 107 with its name."""


@dataclass(frozen=True)
class Folders:
    """The layout below one data folder."""

    root: Path

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def valkey(self) -> Path:
        return self.root / "valkey"

    @property
    def models(self) -> Path:
        return self.root / "models"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def copies(self) -> Path:
        """What connectors keep of sources between jobs; made by the worker."""
        return self.root / "copies"

    @property
    def endpoints(self) -> Path:
        return self.root / "endpoints.json"

    @property
    def lock(self) -> Path:
        return self.root / "up.lock"

    @property
    def sockets(self) -> Path:
        """A folder whose path is short enough for sockets, the same for the same data folder."""
        here = self.root / "sockets"
        if len(str(here)) <= LONGEST_SOCKET_FOLDER:
            return here
        digest = hashlib.sha256(str(self.root).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"portcullis-{os.getuid()}-{digest}"

    def make(self) -> None:
        """Create what the parts need. Raises OSError."""
        self.root.mkdir(parents=True, exist_ok=True)
        for folder in (self.valkey, self.models, self.logs, self.sockets):
            folder.mkdir(exist_ok=True)
        owner = self.sockets.stat().st_uid
        if owner != os.getuid():
            raise PermissionError(f"{self.sockets} belongs to somebody else; remove it")
        # passable, so that Postgres' own user reaches its folder inside; nothing can be listed
        self.sockets.chmod(0o711)
