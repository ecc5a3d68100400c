"""A folder tree as a source; who may read what comes from a sidecar per folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from app.domain.acl import Acl
from ingestion.problem import DocumentProblem
from ingestion.sources import Listed, Scan, SourceUnreadable
from ingestion.sources.sidecar import NAME, FolderRule, read_sidecar

_SIDECAR_BYTES = 1_000_000
ROOT = "."
"""The external id of the top folder as a container."""


@dataclass(frozen=True)
class Filesystem:
    """Reads `config["path"]`. `base_url`, where given, is what citations link documents to.

    Symbolic links that lead out of the tree and hidden files are left out.
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
        found = list(self._folder(root.resolve(), root.resolve(), (ROOT, None), scan))
        return Scan(scan.containers, tuple(found), scan.problems)

    def _folder(
        self, folder: Path, root: Path, inherited: tuple[str, FolderRule | None], scan: Scan
    ) -> Iterator[Listed]:
        """`inherited` is the nearest folder above that has a sidecar, and its rule."""
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            raise SourceUnreadable(
                f"the folder {_name(folder, root)!r} cannot be read ({error.strerror});"
                " let the user who runs Portcullis enter it"
            ) from None
        name = _name(folder, root)
        if any(entry.name == NAME for entry in entries):
            inherited = name, self._rule(folder / NAME, name, inherited[1], scan)
        container, rule = inherited
        if rule is None and any(_is_document(entry) for entry in entries):
            scan.containers.setdefault(container, Acl())
            scan.problems.setdefault(
                name,
                DocumentProblem(
                    "acl",
                    "no _acl.yaml here or above, so nobody may read this folder",
                    "write one in it",
                ),
            )
        for entry in entries:
            path = Path(entry.path)
            if entry.name.startswith(".") or entry.name == NAME or not _inside(entry, root):
                continue
            if entry.is_dir():
                if not entry.is_symlink():
                    yield from self._folder(path, root, inherited, scan)
            elif _is_document(entry):
                yield self._document(path, root, container, rule, scan)

    def _rule(self, path: Path, folder: str, above: FolderRule | None, scan: Scan) -> FolderRule:
        try:
            if path.stat().st_size > _SIDECAR_BYTES:
                raise ValueError
            rule = read_sidecar(path.read_text(encoding="utf-8"), above, self.levels)
        except DocumentProblem as problem:
            scan.problems[f"{folder}/{NAME}"] = problem
            rule = FolderRule(classification=self.levels[-1])
        except (OSError, ValueError):
            scan.problems[f"{folder}/{NAME}"] = DocumentProblem(
                "acl",
                "the sidecar cannot be read as UTF-8 text",
                "save it again; until then nobody may read what it governs",
            )
            rule = FolderRule(classification=self.levels[-1])
        scan.containers[folder] = rule.acl
        return rule

    def _document(
        self, path: Path, root: Path, container: str, rule: FolderRule | None, scan: Scan
    ) -> Listed:
        name = _name(path, root)
        own = None
        # a sidecar's `files` speaks of the files beside it
        if rule is not None and container == _name(path.parent, root):
            own = rule.files.get(path.name)
        folder_level = rule.classification if rule else None
        base = str(self.config.get("base_url", "")).rstrip("/")
        return Listed(
            external_id=name,
            title="",
            uri=f"{base}/{quote(name)}" if base else "",
            container=container,
            acl=own.acl if own else None,
            classification=own.classification if own else folder_level,
            read=lambda: self._read(path),
        )

    def _read(self, path: Path) -> bytes:
        try:
            size = path.stat().st_size
            if size > self.max_bytes:
                raise DocumentProblem(
                    "read",
                    f"the file has {size // 1_000_000} MB; the limit is"
                    f" {self.max_bytes // 1_000_000} MB",
                    "split it, or raise PORTCULLIS_MAX_DOCUMENT_MB",
                )
            return path.read_bytes()
        except OSError as error:
            raise DocumentProblem(
                "read",
                f"the file cannot be read ({error.strerror})",
                "let the user who runs Portcullis read it",
            ) from None


def _name(path: Path, root: Path) -> str:
    """The path below the root with slashes; bytes that are no UTF-8 are escaped."""
    relative = path.relative_to(root).as_posix()
    return os.fsencode(relative).decode("utf-8", "backslashreplace")


def _inside(entry: os.DirEntry[str], root: Path) -> bool:
    return not entry.is_symlink() or Path(entry.path).resolve().is_relative_to(root)


def _is_document(entry: os.DirEntry[str]) -> bool:
    if entry.name.startswith(".") or entry.name == NAME:
        return False
    try:
        return stat.S_ISREG(entry.stat().st_mode)
    except OSError:
        return False
