"""What goes with a retired release: the files of its model that no other release pins."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.db.engine import AppConnection, Database
from app.domain.release import Release, Stage
from app.errors import ConfigurationError, NotPermitted
from app.releases import register, traffic
from app.releases.files import FileDigests


@dataclass(frozen=True, slots=True)
class ModelFile:
    """`path` is from the folder of models, `size` in bytes."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Removal:
    """`models` is the folder of models that is ours; nothing outside of it is ever removed. What
    `running` pins stays, whatever its stage: the engine is started from it again."""

    database: Database
    models: Path
    running: Release
    digests: FileDigests

    async def would(self, connection: AppConnection, name: str) -> tuple[ModelFile, ...]:
        """What the retirement of a release removes at this moment, by path. Raises NotFound, and
        ConfigurationError when a file cannot be read."""
        manifest = (await register.find(connection, name)).release.manifest
        kept, folders = _pinned(self.running.manifest), set[str]()
        for one in await register.list_all(connection):
            other = one.release
            if other.name != name and one.stage is not Stage.RETIRED:
                kept |= _pinned(other.manifest)
            if other.manifest["model"] == manifest["model"]:  # some only call it by another name
                folders.add(other.recipe.model)
        files = manifest["model"].get("files", {})
        return await asyncio.to_thread(self._lying, sorted(folders), files, kept)

    async def remove(self, name: str, who: str) -> tuple[ModelFile, ...]:
        """Put on the release's record what is removed, each file with its digest, and remove it.
        To be repeated when it broke off: what is still there is removed then.

        Raises NotFound, NotPermitted before the release is retired, and ConfigurationError naming
        the file that could not be removed.
        """
        async with self.database.app() as connection:
            await traffic.lock(connection)
            if (await register.find(connection, name)).stage is not Stage.RETIRED:
                raise NotPermitted(f"{name} is not retired, so its files stay")
            found = await self.would(connection, name)
            for file in found:
                why = f"sha256 {file.sha256}, {file.size} bytes"
                said = f"removes {file.path}"
                await register.say(connection, name, who, said, Stage.RETIRED, None, why)
        await asyncio.to_thread(self._unlink, found)
        return found

    def _lying(
        self, folders: Sequence[str], files: Mapping[str, str], kept: frozenset[str]
    ) -> tuple[ModelFile, ...]:
        try:
            found = [
                ModelFile(path.relative_to(self.models).as_posix(), sha256, path.stat().st_size)
                for folder in folders
                for path, sha256 in self._of(self.models / folder, files)
                if sha256 not in kept
            ]
        except OSError as error:
            raise ConfigurationError(
                f"{error.filename} cannot be read, so nothing is removed"
            ) from error
        self.digests.keep()
        return tuple(found)

    def _of(self, folder: Path, files: Mapping[str, str]) -> list[tuple[Path, str]]:
        """The files of a folder below ours that holds nothing but what the release pins: what was
        exchanged since, or links to elsewhere, is not the release's any more."""
        if self.models not in folder.parents:
            return []
        if folder.resolve() != self.models.resolve() / folder.relative_to(self.models):
            return []
        inside = sorted(folder.rglob("*"))
        there = {p.relative_to(folder).as_posix(): p for p in inside if not p.is_dir()}
        if any(p.is_symlink() for p in inside) or not there.keys() <= files.keys():
            return []
        held = {name: self.digests.of(path) for name, path in there.items()}
        if any(files[name] != sha256 for name, sha256 in held.items()):
            return []
        return [(path, held[name]) for name, path in there.items()]

    def _unlink(self, found: tuple[ModelFile, ...]) -> None:
        """An empty folder goes too: the packaged model is unpacked again where there is none."""
        for file in found:
            path = self.models / file.path
            try:
                path.unlink(missing_ok=True)
                for folder in path.relative_to(self.models).parents:
                    if folder == Path() or any((self.models / folder).iterdir()):
                        break
                    (self.models / folder).rmdir()
            except OSError as error:
                raise ConfigurationError(
                    f"{path} could not be removed; see to its rights and retire again"
                ) from error


def _pinned(manifest: Mapping[str, Any]) -> frozenset[str]:
    """SHA-256 of every file of a model that a release pins."""
    pins = manifest["pins"]
    parts = (manifest["model"].get("files", {}), pins.get("embedding"), pins.get("reranking"))
    return frozenset(sha256 for part in parts for sha256 in (part or {}).values())
