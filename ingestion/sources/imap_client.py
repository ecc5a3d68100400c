"""How imaplib reads from the network: a server may answer slowly, or without an end."""

from __future__ import annotations

import imaplib
from io import BufferedReader
from time import monotonic
from typing import cast

_COMMAND_SECONDS = 300.0
_LINES = 2_000_000
"""Bytes that an answer may have besides the content that was asked for."""


class Bounded(imaplib.IMAP4):
    """Reads from the network with an end to it: of bytes, and of time as a whole."""

    _left = _LINES
    _until: float | None = None

    def allow(self, size: int) -> None:
        """For the next command."""
        self._left, self._until = size + _LINES, monotonic() + _COMMAND_SECONDS

    def read(self, size: int) -> bytes:
        self._count(size)
        parts: list[bytes] = []
        while size and (part := self._buffer.read1(min(size, 65_536))):
            parts.append(part)
            size -= len(part)
            self._count(0)
        return b"".join(parts)

    def readline(self) -> bytes:
        line = b""
        while not line.endswith(b"\n") and (seen := self._buffer.peek(1)):
            end = seen.find(b"\n")
            line += self._buffer.read1(end + 1 if end >= 0 else len(seen))
            self._count(end + 1 if end >= 0 else len(seen))
        return line

    @property
    def _buffer(self) -> BufferedReader:
        return cast(BufferedReader, self.file)

    def _count(self, size: int) -> None:
        if self._until is None:
            self.allow(0)
        self._left -= size
        if self._left < 0 or monotonic() > (self._until or 0.0):
            raise self.abort("too much")


class BoundedTls(Bounded, imaplib.IMAP4_SSL):
    """The same over TLS."""
