"""A maildir: a file for each message in `cur` or `new`; flags are in its name, after a colon."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from ingestion.problem import DocumentProblem
from ingestion.sources import SourceUnreadable
from ingestion.sources.filesystem import file_version, open_regular
from ingestion.sources.mail import changed, too_large
from ingestion.sources.mail_head import HEAD_BYTES, head_of

PARTS = ("cur", "new", "tmp")


def is_maildir(folder: Path) -> bool:
    return all(
        (folder / part).is_dir() and not (folder / part).is_symlink() for part in ("cur", "new")
    )


def messages(folder: Path) -> dict[str, Path]:
    """The messages by what stays of their names. Raises SourceUnreadable.

    A message that moves to `cur`, or changes its flags, while the folders are listed must not look
    as if it were gone: so `cur` is listed last, and twice.
    """
    found: dict[str, Path] = {}
    for part in ("new", "cur", "cur"):
        try:
            names = sorted(entry.name for entry in (folder / part).iterdir())
        except OSError as error:
            raise SourceUnreadable(
                f"the folder {part!r} of a maildir cannot be read ({error.strerror});"
                " let the user who runs Portcullis enter it"
            ) from None
        found |= {
            _unique(name): folder / part / name for name in names if not name.startswith((".", ":"))
        }
    return found


@dataclass(frozen=True, slots=True)
class Message:
    path: Path
    head: bytes
    version: str

    @property
    def is_draft(self) -> bool:
        return "D" in self.path.name.partition(":2,")[2]

    @property
    def head_digest(self) -> bytes:
        return _digest(self.head)


def message(folder: Path, path: Path) -> Message:
    """A message that was at that path a moment ago. Raises DocumentProblem, OSError."""
    try:
        return _message(path)
    except FileNotFoundError:
        return _message(_now(folder, path))


def read(folder: Path, path: Path, head_digest: bytes, limit: int) -> bytes:
    """The content of a message whose head has that digest: who may read it was told by that head.
    Raises DocumentProblem."""
    try:
        try:
            content = _content(path, limit)
        except FileNotFoundError:
            content = _content(_now(folder, path), limit)
    except FileNotFoundError:
        raise changed() from None
    except (OSError, SourceUnreadable):
        raise DocumentProblem(
            "read", "the message cannot be read", "let the user who runs Portcullis read it"
        ) from None
    if _digest(head_of(content[: HEAD_BYTES + 1])) != head_digest:
        raise changed()
    return content


def _message(path: Path) -> Message:
    # A message never changes, by the rules of a maildir. Who keeps to no rule is found by times
    # that nobody sets: so a message is read again, and found unchanged, when its flags change.
    seen = file_version(path)
    with open_regular(path) as file:
        head = head_of(file.read(HEAD_BYTES + 1))
    return Message(path, head, f"{_unique(path.name)} {seen}" if seen else "")


def _now(folder: Path, path: Path) -> Path:
    """Where a message is whose flags have changed."""
    return messages(folder).get(_unique(path.name), path)


def _unique(name: str) -> str:
    return name.partition(":")[0]


def _digest(head: bytes) -> bytes:
    return hashlib.sha256(head).digest()


def _content(path: Path, limit: int) -> bytes:
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        content = file.read(limit + 1) if size <= limit else b""
    if max(size, len(content)) > limit:
        raise too_large(size, limit)
    return content
