"""Issues and pull requests with their comments, as they become the texts of documents."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from tempfile import TemporaryFile
from typing import IO, Any

from ingestion.problem import DocumentProblem
from ingestion.sources import SourceUnreadable

MOST_BYTES = 4_000_000_000
_AUTHOR = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}(\[bot\])?")
_ZONE = r"(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"
_TIME = re.compile(rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}{_ZONE}")


@dataclass
class Spool:
    """What was listed, kept outside of the memory; it ends with the last document."""

    file: IO[bytes] = field(default_factory=TemporaryFile)

    def add(self, text: str) -> tuple[int, int]:
        """Where it is, and how many bytes it has."""
        at, content = self.file.tell(), text.encode()
        if at > MOST_BYTES:
            raise SourceUnreadable("there is more text than a source may have; divide it")
        self.file.write(content)
        return at, len(content)

    def read(self, at: int, size: int) -> bytes:
        self.file.flush()
        return os.pread(self.file.fileno(), size, at)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A text of somebody. They are ordered by when they were written."""

    when: str
    id: int
    digest: bytes
    at: int
    size: int


@dataclass
class Conversation:
    """An issue or the like; `said` are its comments, by their kind and id."""

    title: str
    spool: Spool
    first: _Piece
    said: dict[tuple[str, int], _Piece] = field(default_factory=dict)

    @classmethod
    def begin(
        cls, entry: Mapping[str, Any], kind: str, author: Any, body: Any, spool: Spool
    ) -> Conversation:
        """`entry` is as the forge lists it, `kind` with its number. Raises SourceUnreadable for
        what is none."""
        title = _line(entry.get("title"))[:500]
        # a state that is not known may be any
        state = "open" if entry.get("state") in ("open", "opened") else "closed"
        head = f"# {title}\n\n{kind}, {state}. {_by(entry, author)}\n\n"
        return cls(title, spool, _piece(entry, head, body, spool))

    def add(self, kind: str, entry: Mapping[str, Any], author: Any, path: Any) -> None:
        """A comment; `path` is the file that it is about. Raises SourceUnreadable for what is
        none."""
        file = _line(path).replace("`", "")
        head = f"## {_by(entry, author)}{f', on `{file}`' if file else ''}\n\n"
        piece = _piece(entry, head, entry.get("body"), self.spool)
        self.said[kind, piece.id] = piece

    @property
    def version(self) -> str:
        digest = sha256()
        for piece in self._pieces():
            digest.update(f"{piece.when} {piece.id} ".encode() + piece.digest)
        return digest.hexdigest()

    @property
    def size(self) -> int:
        """Of its text, in bytes."""
        return self.first.size + sum(piece.size for piece in self.said.values())

    def read(self, limit: int) -> bytes:
        """All of its text. Raises DocumentProblem where it has more than `limit` bytes."""
        if self.size > limit:
            raise DocumentProblem(
                "read", "its comments are too many", "raise PORTCULLIS_MAX_DOCUMENT_MB"
            )
        return b"".join(self.spool.read(piece.at, piece.size) for piece in self._pieces())

    def _pieces(self) -> list[_Piece]:
        comments = sorted(self.said.values(), key=lambda piece: (piece.when, piece.id))
        return [self.first, *comments]


def _piece(entry: Mapping[str, Any], head: str, body: Any, spool: Spool) -> _Piece:
    name = entry.get("id")
    if not isinstance(name, int) or isinstance(name, bool):
        raise SourceUnreadable("a text without an id is listed; look at it")
    text = head + _clean(body if isinstance(body, str) else "").strip() + "\n\n"
    at, size = spool.add(text)
    return _Piece(_when(entry), name, sha256(text.encode()).digest(), at, size)


def _by(entry: Mapping[str, Any], author: Any) -> str:
    known = isinstance(author, str) and _AUTHOR.fullmatch(author)
    when = _when(entry)[:16].replace("T", " ")
    return f"{author if known else 'somebody'}{f', {when}' if when else ''}"


def _when(entry: Mapping[str, Any]) -> str:
    when = entry.get("created_at")
    return when if isinstance(when, str) and _TIME.fullmatch(when) else ""


def _line(said: Any) -> str:
    return " ".join(_clean(said).split()) if isinstance(said, str) else ""


def _clean(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable() or letter in "\n\t")
