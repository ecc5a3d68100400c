"""What a model's files are by their content, whatever they are called: no weights that run code."""

from __future__ import annotations

import io
import json
import pickletools
import zipfile
from enum import StrEnum
from pathlib import Path

_HEAD = 1 << 16
"""Bytes at the beginning that are looked at."""
_LONGEST_HEADER = 100_000_000
"""Bytes; the same bound as in the format's own reader."""
_HDF5 = b"\x89HDF\r\n\x1a\n"
_CALLS = ("REDUCE", "OBJ", "NEWOBJ", "NEWOBJ_EX", "BUILD")
"""Instructions of a pickle that call what was imported."""


class Kind(StrEnum):
    SAFETENSORS = "safetensors"
    GGUF = "GGUF"
    TEXT = "text"
    PICKLE = "pickle"
    ARCHIVE = "archive"
    HDF5 = "HDF5"
    CODE = "code"
    UNKNOWN = "unknown"


SAFE = frozenset({Kind.SAFETENSORS, Kind.GGUF, Kind.TEXT})


def kind_of(path: Path) -> Kind:
    """Raises OSError."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if _is_safetensors(path, head, size):
        return Kind.SAFETENSORS
    if head.startswith(b"GGUF"):
        return Kind.GGUF
    if head.startswith(_HDF5):
        return Kind.HDF5
    if zipfile.is_zipfile(path):
        return _in_archive(path)
    if _is_pickle(head):
        return Kind.PICKLE
    try:
        words = head[: _HEAD - 4].decode()
    except UnicodeDecodeError:
        return Kind.UNKNOWN
    if "\0" in words:
        return Kind.UNKNOWN
    code = path.suffix == ".py" or words.startswith("#!")
    return Kind.CODE if code else Kind.TEXT


def _is_safetensors(path: Path, head: bytes, size: int) -> bool:
    """Eight bytes with the length of a JSON header, the header, and the numbers."""
    length = int.from_bytes(head[:8], "little")
    if not 2 <= length <= min(_LONGEST_HEADER, size - 8) or head[8:9] != b"{":
        return False
    with path.open("rb") as file:
        file.seek(8)
        try:
            return isinstance(json.loads(file.read(length)), dict)
        except ValueError:
            return False


def _in_archive(path: Path) -> Kind:
    """torch saves a zip with a pickle in it."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            with archive.open(name) as file:
                if name.endswith(".pkl") or _is_pickle(file.read(_HEAD)):
                    return Kind.PICKLE
    return Kind.ARCHIVE


def _is_pickle(head: bytes) -> bool:
    """Protocol 2 and later say so in their first bytes; older ones read as instructions."""
    if len(head) > 1 and head[0] == 0x80 and head[1] <= 5:
        return True
    seen: list[str] = []
    try:
        for opcode, _, _ in pickletools.genops(io.BytesIO(head)):
            seen.append(opcode.name)
            # a list of words can begin with what reads as an import; nothing is called by that
            if opcode.name in _CALLS or (opcode.name == "INST" and "MARK" in seen):
                return True
            if opcode.name == "STOP" and len(seen) > 2:
                return True
    except Exception:  # any error of it says: no pickle
        return False
    return False
