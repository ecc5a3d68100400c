"""A folder tree as a source; who may read what comes from sidecars, or from owners and modes."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import time
from typing import Any, BinaryIO
from urllib.parse import quote

from ingestion.problem import DocumentProblem
from ingestion.sources import Listed, Scan, SourceUnreadable, Standing
from ingestion.sources.folders import ROOT, SIDECAR_BYTES, Governing, say_ungoverned
from ingestion.sources.posix import PosixRights
from ingestion.sources.posix_accounts import MachineAccounts
from ingestion.sources.rights import Ground, Rights
from ingestion.sources.sidecar import NAME

_LINK = DocumentProblem(
    "read", "a symbolic link is not followed", "put the file or folder itself here"
)
SETTLED_SECONDS = 2.0
"""A file that changed so lately may change again and look the same: file systems count time in
ticks of up to two seconds."""


@dataclass(frozen=True)
class Filesystem:
    """Reads `config["path"]`. `base_url`, where given, is what citations link documents to. With
    `acl: posix` owners, groups and modes say who may read, and without it sidecars.

    Hidden files are left out, and symbolic links: whoever may write into one folder could publish
    there, by a link, what only others may read.
    """

    config: Mapping[str, Any]
    levels: tuple[str, ...]
    max_bytes: int

    def scan(self) -> Scan:
        root = Path(str(self.config.get("path", ""))).expanduser()
        if not root.is_dir():
            raise SourceUnreadable(
                f"the folder {str(root)!r} is not there; mend the source's path, or mount it"
            )
        root, scan = root.resolve(), Scan({}, (), {})
        found = list(self._folder(root, root, self._rights(), scan))
        return Scan(scan.containers, tuple(found), scan.problems)

    def verify(self, external_id: str) -> Standing | None:
        root = Path(str(self.config.get("path", ""))).expanduser()
        if not root.is_dir():
            raise SourceUnreadable(f"the folder {str(root)!r} is not there; mount it")
        root, scan = root.resolve(), Scan({}, (), {})
        *folders, name = external_id.split("/")
        folder, rights = root, self._rights()
        for part in (".", *folders):
            folder = folder / part
            if (part != "." and part.startswith(".")) or folder.is_symlink():
                return None
            rights = rights.within(folder, _name(folder, root), scan)
        path = folder / name
        if not _is_regular(path) or _name(path, root) != external_id:
            return None
        ground = rights.of(path, scan)
        if ground.withheld:
            return None
        return Standing(ground.container, scan.containers[ground.container], ground.acl)

    def _rights(self) -> Rights:
        said = self.config.get("acl")
        if said is None:
            return Sidecars(self.levels)
        if said != "posix":
            raise SourceUnreadable(
                "config.acl is posix, or is left out where sidecars say who may read; mend it"
            )
        if sys.platform != "linux":
            raise SourceUnreadable(
                "config.acl: posix is read on Linux alone, since elsewhere other lists may say more"
                " than modes; leave it out, and write sidecars"
            )
        return PosixRights(MachineAccounts())

    def _folder(self, folder: Path, root: Path, above: Rights, scan: Scan) -> Iterator[Listed]:
        """`above` is what holds in the folder above."""
        rights = above.within(folder, _name(folder, root), scan)
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            raise SourceUnreadable(
                f"the folder {_name(folder, root)!r} cannot be read ({error.strerror});"
                " let the user who runs Portcullis enter it"
            ) from None
        for entry in entries:
            path = Path(entry.path)
            if entry.name.startswith(".") or entry.name == NAME:
                continue
            if entry.is_symlink():
                scan.problems[_name(path, root)] = _LINK
            elif entry.is_dir():
                yield from self._folder(path, root, rights, scan)
            elif _is_document(entry):
                yield self._document(path, root, rights.of(path, scan))

    def _document(self, path: Path, root: Path, ground: Ground) -> Listed:
        name = _name(path, root)
        base = str(self.config.get("base_url", "")).rstrip("/")
        return Listed(
            external_id=name,
            title="",
            uri=f"{base}/{quote(name)}" if base else "",
            container=ground.container,
            acl=ground.acl,
            classification=ground.classification,
            withheld=ground.withheld,
            read=lambda: self._read(path, ground),
            version=file_version(path),
        )

    def _read(self, path: Path, ground: Ground) -> bytes:
        try:
            return read_file(path, self.max_bytes, ground.holds)
        except OSError as error:
            raise DocumentProblem(
                "read",
                f"the file cannot be read ({error.strerror})",
                "let the user who runs Portcullis read it",
            ) from None


@dataclass(frozen=True)
class Sidecars:
    """What holds in the folder `name` by the sidecars in it and above."""

    levels: tuple[str, ...]
    governing: Governing = field(default_factory=Governing)
    name: str = ROOT

    def within(self, folder: Path, name: str, scan: Scan) -> Sidecars:
        if not os.path.lexists(folder / NAME):
            return replace(self, name=name)

        def read() -> bytes:
            return read_file(folder / NAME, SIDECAR_BYTES)

        governing = self.governing.within(name, f"{name}/{NAME}", read, self.levels, scan)
        return replace(self, governing=governing, name=name)

    def of(self, file: Path, scan: Scan) -> Ground:
        if self.governing.rule is None:
            say_ungoverned(self.name, scan)
        rule = self.governing.file(self.name, file.name)
        broken = self.governing.broken
        return Ground(self.governing.container, rule.acl, rule.classification, broken)


def read_file(
    path: Path, limit: int, holds: Callable[[int], bool] = lambda descriptor: True
) -> bytes:
    """The content of a regular file of at most `limit` bytes. Raises DocumentProblem, OSError.

    Its size is read before its content. A link or a pipe that took its place since the scan is
    not opened, and what is known of it has to hold when all is read.
    """
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        content = file.read(limit + 1) if size <= limit else b""
        if max(size, len(content)) > limit:
            raise DocumentProblem(
                "read",
                f"the file has {size / 1e6:.0f} MB; the limit is {limit / 1e6:.0f} MB",
                "split it, or raise PORTCULLIS_MAX_DOCUMENT_MB",
            )
        if not holds(file.fileno()):
            raise DocumentProblem("read", "who may read it changed since the scan", "sync again")
        return content


def open_regular(path: Path) -> BinaryIO:
    """The same file to be read in parts, by a caller who keeps the limit."""
    file = os.fdopen(
        os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb"
    )
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise DocumentProblem("read", "this is no file any more", "look at it, and sync again")
    return file


def file_version(path: Path) -> str:
    """What changes with a file's content, whatever its owner sets its times to; empty while it may
    still change within the same tick of the clock."""
    try:
        found = path.lstat()
    except OSError:
        return ""
    if time() - found.st_ctime < SETTLED_SECONDS:
        return ""
    return f"{found.st_dev} {found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"


def _name(path: Path, root: Path) -> str:
    """The path below the root with slashes; bytes that are no UTF-8 are escaped."""
    relative = path.relative_to(root).as_posix()
    return os.fsencode(relative).decode("utf-8", "backslashreplace")


def _is_regular(path: Path) -> bool:
    if path.name.startswith(".") or path.name == NAME:
        return False
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _is_document(entry: os.DirEntry[str]) -> bool:
    if entry.name.startswith(".") or entry.name == NAME:
        return False
    try:
        return stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode)
    except OSError:
        return False
