"""The release that runs here, named when somebody needs its name and not before."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from app.domain.release import Release
from app.releases.files import FileDigests
from app.releases.manifest import Ingredients, manifest_of, release_of
from app.releases.signing import Signer


@dataclass
class Running:
    """Reading the files of a model takes a second, remembered ones a millisecond."""

    ingredients: Ingredients
    digests: FileDigests
    signer: Signer
    _made: Release | None = None
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def release(self) -> Release:
        """Made once per process: what it runs does not change. Raises ConfigurationError."""
        async with self._lock:
            if self._made is None:
                self._made = await asyncio.to_thread(self._make)
            return self._made

    def _make(self) -> Release:
        return release_of(manifest_of(self.ingredients, self.digests), self.signer)
