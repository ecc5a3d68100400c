"""What is done to a sound file: the same to each number of a seed."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from random import Random

from tests.ingestion.fuzz.corpus import corpus, zipped

LARGEST = 2_000_000
"""Bytes; what grows beyond that is cut."""

Mutate = Callable[[bytes, Random], bytes]


def tokens(secret: Path) -> Sequence[bytes]:
    """What means something to a parser; some of it asks for the file `secret`."""
    named = str(secret).encode()
    return (
        b"<div>" * 3_000, b"> " * 3_000, b"[" * 3_000, b"{" * 3_000, b"(" * 3_000, b"\x00", b"\xff",
        b"\xff\xfe", b"\xe2\x80\xae", b"&" * 500, b"&#x1F;", b"-1", b"9" * 20, b"1e999",
        b"1 " * 2_000, b"a" * 50_000, b"\n" * 5_000, b"%s%n", b"../../../../etc/passwd",
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file://' + named + b'">]>', b"&x;",
        b'<img src="file://' + named + b'"><iframe src="file://' + named + b'"></iframe>',
        b'<link rel="stylesheet" href="http://127.0.0.1:9/x.css">', b"<![CDATA[", b"]]>",
        b"<!--", b"<script>", b"<style>*{display:none}</style>", b"\\input{" + named + b"}",
        b"%PDF-1.7", b"endobj", b"stream\r\n", b"/Kids [1 0 R]", b"/Length 999999999", b"xref",
        b"PK\x03\x04", b"PK\x05\x06", b"Content-Transfer-Encoding: base64\r\n", b"--" * 40,
        b"=?utf-8?b?" + b"A" * 999, b"{\\rtf1", b"\\bin999999999 ", b"{\\*\\", b'"' * 999,
    )  # fmt: skip


def mutated(n: int, seed: int, secret: Path) -> tuple[str, bytes]:
    """The name and the content of the file with this number."""
    chance = Random(f"{seed} {n}")
    files = corpus()
    name = chance.choice(sorted(files))
    content = files[name]
    known = tokens(secret)

    def insert(content: bytes, chance: Random) -> bytes:
        at = chance.randrange(len(content) + 1)
        return content[:at] + chance.choice(known) + content[at:]

    def splice(content: bytes, chance: Random) -> bytes:
        other = files[chance.choice(sorted(files))]
        return content[: chance.randrange(len(content) + 1)] + other[chance.randrange(len(other)) :]

    ways: list[Mutate] = [_flip, _cut, _repeat, insert, insert, splice]
    for _ in range(chance.randint(1, 4)):
        if content[:2] == b"PK" and chance.random() < 0.8:
            content = _inside(content, chance, ways)
        else:
            content = chance.choice(ways)(content, chance)
    return name, content[:LARGEST]


def _flip(content: bytes, chance: Random) -> bytes:
    changed = bytearray(content)
    for _ in range(min(len(changed), chance.choice((1, 3, 30, 300)))):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _cut(content: bytes, chance: Random) -> bytes:
    first, last = sorted(chance.randrange(len(content) + 1) for _ in range(2))
    return content[:first] + content[last:]


def _repeat(content: bytes, chance: Random) -> bytes:
    first = chance.randrange(len(content) + 1)
    part = content[first : first + chance.choice((1, 20, 400))]
    return content[:first] + part * chance.choice((2, 50, 2_000)) + content[first:]


def _inside(content: bytes, chance: Random, ways: Sequence[Mutate]) -> bytes:
    """One member of an archive, or its name, which the archive packs again soundly."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as packed:
            members = {entry.filename: packed.read(entry) for entry in packed.infolist()}
    except Exception:  # it is none any more
        return chance.choice(ways)(content, chance)
    if not members:
        return content
    name = chance.choice(sorted(members))
    if chance.random() < 0.1:
        members[f"../../{name}"] = members.pop(name)
    else:
        members[name] = chance.choice(ways)(members[name], chance)
    return zipped(members)
