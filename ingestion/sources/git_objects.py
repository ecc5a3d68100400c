"""Objects of a git repository, never unpacked before it is known how large they are.

A pack of a few kilobytes can hold gigabytes of zeros. Every size is read from the headers first,
and what comes out is held against the name it was asked by.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from dulwich.object_store import DiskObjectStore
from dulwich.objects import ObjectID, RawObjectID
from dulwich.pack import Pack

COMMIT, TREE, BLOB = 1, 2, 3
LARGEST = 512_000_000
"""Bytes of anything that is unpacked, even only for others to be made from it."""
_NAMES = {COMMIT: b"commit", TREE: b"tree", BLOB: b"blob"}
_OFFSET_DELTA, _NAME_DELTA = 6, 7
_LONGEST_CHAIN = 4096
_CHUNK = 65_536


class TooLarge(Exception):
    """The first argument is the size in bytes."""


class Broken(Exception):
    """It is not what git writes."""


def load(store: DiskObjectStore, name: ObjectID, kind: int, limit: int, whole: int) -> bytes:
    """The content of an object of that kind of at most `limit` bytes; what it is unpacked from may
    have `whole` bytes. Raises KeyError where it is not there, TooLarge, Broken, OSError."""
    found = False
    for size, base in _sizes(store, name):
        found = True
        if size > limit or base > whole:
            raise TooLarge(max(size, base))
    if not found:
        raise KeyError(name)
    try:
        actual, content = store.get_raw(name)
    except (ValueError, AssertionError, zlib.error) as error:
        raise Broken from error
    if actual != kind or _digest(kind, content, len(name)) != name:
        raise Broken
    return content


def check_pack(file: BinaryIO, limit: int) -> None:
    """Reads a pack that came from elsewhere from its start, keeping nothing. Raises TooLarge where
    one object has more than `limit` bytes, and Broken."""
    file.seek(0)
    start = file.read(12)
    if len(start) != 12 or start[:4] != b"PACK":
        raise Broken
    for _ in range(int.from_bytes(start[8:])):
        kind, size, _base = _header(file)
        if size > limit:
            raise TooLarge(size)
        first = _inflate(file, size)
        if kind in (_OFFSET_DELTA, _NAME_DELTA):
            before, after = _delta_sizes(first)
            if max(before, after) > limit:
                raise TooLarge(max(before, after))
    file.seek(0, os.SEEK_END)


def _sizes(store: DiskObjectStore, name: ObjectID) -> Iterator[tuple[int, int]]:
    """Its size and that of the largest it is made from, in every place that has it."""
    for pack in store.packs:
        try:
            offset = pack.index.object_offset(name)
        except KeyError:
            continue
        with Path(os.fsdecode(pack.data.path)).open("rb") as file:
            yield _packed(pack, file, offset)
    path = Path(os.fsdecode(store.path)) / name[:2].decode() / name[2:].decode()
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    with os.fdopen(descriptor, "rb") as file:
        said = zlib.decompressobj().decompress(file.read(_CHUNK), 64)
    try:
        size = int(said.partition(b"\0")[0].split(b" ")[1])
    except (IndexError, ValueError):
        raise Broken from None
    yield size, size


def _packed(pack: Pack, file: BinaryIO, offset: int) -> tuple[int, int]:
    size, largest = None, 0
    for _ in range(_LONGEST_CHAIN):
        file.seek(offset)
        _kind, stated, base = _header(file)
        result = stated
        if base is not None:
            before, result = _delta_sizes(_inflate(file, stated, 40))
            largest = max(largest, before)
        size = result if size is None else size
        largest = max(largest, stated, result)
        if base is None:
            return size, largest
        # a pack on disk holds whatever its objects are made from
        if isinstance(base, bytes):
            offset = pack.index.object_offset(RawObjectID(base))
        else:
            offset -= base
        if offset <= 0:
            raise Broken
    raise Broken


def _header(file: BinaryIO) -> tuple[int, int, int | bytes | None]:
    """The kind of the entry that begins here, its size, and what it is a change of: how far before
    it that stands, or its name."""
    byte = _byte(file)
    kind, size, shift = byte >> 4 & 7, byte & 15, 4
    while byte & 128:
        byte = _byte(file)
        size |= (byte & 127) << shift
        shift += 7
        if shift > 70:
            raise Broken
    if kind == _NAME_DELTA:
        return kind, size, file.read(20)
    if kind != _OFFSET_DELTA:
        return kind, size, None
    byte = _byte(file)
    back = byte & 127
    while byte & 128:
        byte = _byte(file)
        back = (back + 1 << 7) | byte & 127
        if back > 1 << 62:
            raise Broken
    return kind, size, back


def _byte(file: BinaryIO) -> int:
    read = file.read(1)
    if not read:
        raise Broken
    return read[0]


def _inflate(file: BinaryIO, size: int, enough: int | None = None) -> bytes:
    """The first bytes of a stream that has `size` bytes, and the file at its end; or the first
    `enough` bytes, and the file anywhere."""
    stream, first, done = zlib.decompressobj(), b"", 0
    given = b""
    try:
        while not stream.eof:
            given = stream.unconsumed_tail or file.read(_CHUNK if enough is None else 256)
            if not given:
                raise Broken
            out = stream.decompress(given, _CHUNK)
            done += len(out)
            first = (first + out)[:64] if len(first) < 64 else first
            if enough is not None and len(first) >= enough:
                return first
            if done > size:
                raise Broken
    except zlib.error as error:
        raise Broken from error
    if done != size:
        raise Broken
    file.seek(-len(stream.unused_data), os.SEEK_CUR)
    return first


def _delta_sizes(delta: bytes) -> tuple[int, int]:
    """Of what the change is applied to, and of what comes out."""
    sizes, at = [], 0
    for _ in range(2):
        size = shift = 0
        while True:
            if at >= len(delta) or shift > 63:
                raise Broken
            size |= (delta[at] & 127) << shift
            shift += 7
            at += 1
            if not delta[at - 1] & 128:
                break
        sizes.append(size)
    return sizes[0], sizes[1]


def _digest(kind: int, content: bytes, length: int) -> bytes:
    said = b"%s %d\0" % (_NAMES[kind], len(content))
    if length == 64:
        return hashlib.sha256(said + content).hexdigest().encode()
    # the name that git gives
    return hashlib.sha1(said + content, usedforsecurity=False).hexdigest().encode()
