"""An mbox file: messages one after the other, each after a line that begins with `From `.

So what a message says can look like the next message, unless the program that wrote the file has
put something before such lines. It is not known from a file whether it has.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from ingestion.problem import DocumentProblem
from ingestion.sources import SourceUnreadable
from ingestion.sources.filesystem import open_regular
from ingestion.sources.mail import changed, too_large
from ingestion.sources.mail_head import HEAD_BYTES, head_of

_LINE = 65_536
_SEPARATOR = re.compile(rb"From \S+ .*\d{4}\s*$")
_OF_THE_READER = re.compile(
    rb"(?i)(status|x-status|x-keywords|x-mozilla-(status2?|keys)|x-uid|x-imap|x-imapbase"
    rb"|content-length|lines):"
)
"""What mail programs write into a message that is there already."""


@dataclass
class Piece:
    """One message from `start` to `end`; `digest` is the same wherever it stands in the file, and
    whatever a mail program has noted in it. `regular` where its first line is written as it must
    be."""

    start: int
    regular: bool
    end: int = 0
    begin: bytes = b""
    _sum: hashlib._Hash = field(default_factory=hashlib.sha256)
    _in_head: bool = True
    _left_out: bool = False
    _empty: int = 0
    _open: bool = False

    def take(self, part: bytes) -> None:
        """The next line, or a part of it."""
        self.end += len(part)
        if len(self.begin) <= HEAD_BYTES:
            self.begin += part[: HEAD_BYTES + 1 - len(self.begin)]
        line, whole = part.rstrip(b"\r\n"), part.endswith(b"\n")
        if not self._open:
            if self._in_head and line[:1] not in (b" ", b"\t"):
                self._left_out = _OF_THE_READER.match(line) is not None
            if not line and whole:
                # empty lines at the end belong to the file
                self._in_head, self._left_out = False, False
                self._empty += 1
                return
            self._sum.update(b"\n" * self._empty)
            self._empty = 0
        if not self._left_out:
            self._sum.update(line + b"\n" if whole else part)
        self._open = not whole

    @property
    def digest(self) -> str:
        ended = self._sum.copy()
        if self._open:
            ended.update(b"\n")
        return ended.hexdigest()[:40]

    @property
    def head(self) -> bytes:
        return head_of(self.begin)


def begins_as_mbox(path: Path) -> bool:
    """Raises DocumentProblem, OSError."""
    with open_regular(path) as file:
        return file.read(5) == b"From "


def pieces(path: Path) -> list[Piece]:
    """All messages. Raises SourceUnreadable, also where somebody writes the file meanwhile: then
    some could seem to be gone."""
    try:
        with open_regular(path) as file:
            before = os.fstat(file.fileno())
            found = list(_split(file))
            after = os.fstat(file.fileno())
        now = path.lstat()
    except (OSError, DocumentProblem):
        raise SourceUnreadable(
            f"the file {path.name!r} cannot be read; let the user who runs Portcullis read it"
        ) from None
    if len({(s.st_ino, s.st_size, s.st_mtime_ns) for s in (before, after, now)}) > 1:
        raise SourceUnreadable(f"the file {path.name!r} is being written; sync again")
    return found


def read(path: Path, piece: Piece, limit: int) -> bytes:
    """The content of a message as it was listed. Raises DocumentProblem."""
    size = piece.end - piece.start
    if size > limit:
        raise too_large(size, limit)
    try:
        with open_regular(path) as file:
            file.seek(piece.start)
            content = file.read(size)
    except OSError as error:
        raise DocumentProblem(
            "read",
            f"the file cannot be read ({error.strerror})",
            "let the user who runs Portcullis read it",
        ) from None
    again = Piece(0, True)
    for part in _parts(BytesIO(content)):
        again.take(part)
    if again.digest != piece.digest:
        raise changed()
    return content


def _split(file: BinaryIO) -> Iterator[Piece]:
    piece: Piece | None = None
    at, fresh, empty = 0, True, True
    for part in _parts(file):
        if fresh and part.startswith(b"From "):
            if piece is not None:
                yield piece
            regular = empty and _SEPARATOR.match(part) is not None
            piece = Piece(at + len(part), regular, at + len(part))
        elif piece is not None:
            piece.take(part)
        at += len(part)
        empty = fresh and not part.strip(b"\r\n")
        fresh = part.endswith(b"\n")
    if piece is not None:
        yield piece


def _parts(file: BinaryIO) -> Iterator[bytes]:
    return iter(lambda: file.readline(_LINE), b"")
