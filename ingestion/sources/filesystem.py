"""A folder tree as a source; who may read what comes from a sidecar per folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import time
from typing import Any, BinaryIO
from urllib.parse import quote

from ingestion.problem import DocumentProblem
from ingestion.sources import Listed, Scan, SourceUnreadable, Standing
from ingestion.sources.folders import SIDECAR_BYTES, Governing, say_ungoverned
from ingestion.sources.sidecar import NAME

_LINK = DocumentProblem(
    "read", "a symbolic link is not followed", "put the file or folder itself here"
)
SETTLED_SECONDS = 2.0
"""A file that changed so lately may change again and look the same: file systems count time in
ticks of up to two seconds."""


@dataclass(frozen=True)
class Filesystem:
    """Reads `config["path"]`. `base_url`, where given, is what citations link documents to.

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
        scan = Scan({}, (), {})
        found = list(self._folder(root.resolve(), root.resolve(), Governing(), scan))
        return Scan(scan.containers, tuple(found), scan.problems)

    def verify(self, external_id: str) -> Standing | None:
        root = Path(str(self.config.get("path", ""))).expanduser()
        if not root.is_dir():
            raise SourceUnreadable(f"the folder {str(root)!r} is not there; mount it")
        root, scan = root.resolve(), Scan({}, (), {})
        *folders, name = external_id.split("/")
        folder = root
        governing = Governing()
        for part in (".", *folders):
            folder = folder / part
            if (part != "." and part.startswith(".")) or folder.is_symlink():
                return None
            if os.path.lexists(folder / NAME):
                governing = self._within(governing, folder, root, scan)
        path = folder / name
        if governing.rule is None or governing.broken:
            return None
        if not _is_regular(path) or _name(path, root) != external_id:
            return None
        listed = self._document(path, root, governing)
        return Standing(governing.container, scan.containers[governing.container], listed.acl)

    def _folder(
        self, folder: Path, root: Path, governing: Governing, scan: Scan
    ) -> Iterator[Listed]:
        """`governing` is what holds in the folder above."""
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            raise SourceUnreadable(
                f"the folder {_name(folder, root)!r} cannot be read ({error.strerror});"
                " let the user who runs Portcullis enter it"
            ) from None
        if any(entry.name == NAME for entry in entries):
            governing = self._within(governing, folder, root, scan)
        if governing.rule is None and any(_is_document(entry) for entry in entries):
            say_ungoverned(_name(folder, root), scan)
        for entry in entries:
            path = Path(entry.path)
            if entry.name.startswith(".") or entry.name == NAME:
                continue
            if entry.is_symlink():
                scan.problems[_name(path, root)] = _LINK
            elif entry.is_dir():
                yield from self._folder(path, root, governing, scan)
            elif _is_document(entry):
                yield self._document(path, root, governing)

    def _within(self, above: Governing, folder: Path, root: Path, scan: Scan) -> Governing:
        name = _name(folder, root)

        def read() -> bytes:
            return read_file(folder / NAME, SIDECAR_BYTES)

        return above.within(name, f"{name}/{NAME}", read, self.levels, scan)

    def _document(self, path: Path, root: Path, governing: Governing) -> Listed:
        name = _name(path, root)
        rule = governing.file(_name(path.parent, root), path.name)
        base = str(self.config.get("base_url", "")).rstrip("/")
        return Listed(
            external_id=name,
            title="",
            uri=f"{base}/{quote(name)}" if base else "",
            container=governing.container,
            acl=rule.acl,
            classification=rule.classification,
            withheld=governing.broken,
            read=lambda: self._read(path),
            version=file_version(path),
        )

    def _read(self, path: Path) -> bytes:
        try:
            return read_file(path, self.max_bytes)
        except OSError as error:
            raise DocumentProblem(
                "read",
                f"the file cannot be read ({error.strerror})",
                "let the user who runs Portcullis read it",
            ) from None


def read_file(path: Path, limit: int) -> bytes:
    """The content of a regular file of at most `limit` bytes. Raises DocumentProblem, OSError.

    Its size is read before its content. A link or a pipe that took its place since the scan is
    not opened.
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
