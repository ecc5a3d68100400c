"""What a folder's sidecar and those above it say, for sources that are trees of folders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.domain.acl import Acl
from ingestion.problem import DocumentProblem
from ingestion.sources import Scan
from ingestion.sources.sidecar import NAME, FileRule, FolderRule, read_sidecar

SIDECAR_BYTES = 1_000_000
ROOT = "."
"""The external id of the top folder as a container."""


@dataclass(frozen=True, slots=True)
class Governing:
    """What holds in a folder: `container` is the nearest one, itself included, that has a sidecar,
    and `rule` what that says with all above it; None where none has one."""

    container: str = ROOT
    rule: FolderRule | None = None

    @property
    def broken(self) -> bool:
        """Nobody knows what holds."""
        return self.rule is not None and self.rule.broken

    def within(
        self,
        folder: str,
        sidecar: str,
        read: Callable[[], bytes],
        levels: tuple[str, ...],
        scan: Scan,
    ) -> Governing:
        """What holds in a `folder` below, whose sidecar has the name `sidecar` for people and the
        content that `read` gives. `read` may raise DocumentProblem or OSError, and then nobody may
        read what it governs. The scan gets the container, and the problem."""
        try:
            rule = read_sidecar(read().decode("utf-8-sig"), self.rule, levels)
        except DocumentProblem as problem:
            scan.problems[sidecar] = problem
            rule = FolderRule(broken=True)
        except (OSError, ValueError):
            scan.problems[sidecar] = DocumentProblem(
                "acl",
                "the sidecar is no file of UTF-8 text, or may not be read",
                "save it again; until then nobody may read what it governs",
            )
            rule = FolderRule(broken=True)
        if self.broken:
            # the denies that add up from there are not known
            rule = FolderRule(broken=True)
        scan.containers[folder] = rule.acl
        return Governing(folder, rule)

    def file(self, folder: str, name: str) -> FileRule:
        """What holds for a file of a folder: a sidecar's `files` speaks of the files beside it."""
        if self.rule is None:
            return FileRule(None, None)
        own = self.rule.files.get(name) if self.container == folder else None
        return own or FileRule(None, self.rule.classification)


def say_ungoverned(folder: str, scan: Scan) -> None:
    """There are documents in this folder, and no sidecar in it or above."""
    scan.containers.setdefault(ROOT, Acl())
    scan.problems.setdefault(
        folder,
        DocumentProblem(
            "acl",
            f"no {NAME} here or above, so nobody may read this folder",
            "write one in it",
        ),
    )
