"""Text as a reader sees it, with every place in it known in the text as it was.

A value stays a value when it is written with zero-width characters, with characters that only look
like others or as HTML entities; recognisers see through none of these by themselves.
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

Edit = tuple[int, int, str]
"""The first character, the one past the last, and what stands there instead."""

_MASKED = re.compile(
    r"&(?:amp;)*(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});|[^\x00-\x7f]"
)
_LOOKS = str.maketrans(
    "АВСЕНІЈКМОРЅТХУавсеорхуіјѕһԁԛԝ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοινϲ" + "‐‑‒–—―−﹣‚٫",
    "ABCEHIJKMOPSTXYabceopxyijshdqw" + "ABEZHIKMNOPTYXoivc" + "-------" + "-,.",
)  # fmt: skip
_LETTERS_FOR_DIGITS = re.compile(
    r"(?<![A-Za-z0-9])(?=[OoIl|]{0,3}[0-9])"
    r"[0-9OoIl|](?:[ .()+-]{0,2}[0-9OoIl|]){7,24}(?![A-Za-z0-9])"
)
_DIGITS = str.maketrans("OoIl|", "00111")
_SPACE = frozenset(" \u00a0\u1680\u202f\u205f\u3000") | {chr(c) for c in range(0x2000, 0x200B)}
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0") | {
    chr(code) for first in (0xFE00, 0xE0100) for code in range(first, first + 16)
}


@dataclass(frozen=True, slots=True)
class Plain:
    """`text`, and the edits that led to it: where each begins in it, how long it is there, and
    its first and past-the-last character in the original."""

    text: str
    _begins: tuple[int, ...] = field(default=(), repr=False)
    _edits: tuple[tuple[int, int, int], ...] = field(default=(), repr=False)

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The part of the original that became `text[start:end]`, which must not be empty."""
        return self._place(start)[0], self._place(end - 1)[1]

    def _place(self, at: int) -> tuple[int, int]:
        """The first and the past-the-last place in the original of one character."""
        n = bisect_right(self._begins, at) - 1
        if n < 0:
            return at, at + 1
        length, first, last = self._edits[n]
        beyond = at - self._begins[n] - length
        return (first, last) if beyond < 0 else (last + beyond, last + beyond + 1)


def edited(text: str, edits: Iterable[Edit]) -> Plain:
    """`text` after the edits, which come in order and do not overlap."""
    parts: list[str] = []
    begins: list[int] = []
    kept: list[tuple[int, int, int]] = []
    at = length = 0
    for first, last, by in edits:
        length += first - at
        parts += [text[at:first], by]
        begins.append(length)
        kept.append((len(by), first, last))
        length += len(by)
        at = last
    if not kept:
        return Plain(text)
    return Plain("".join([*parts, text[at:]]), tuple(begins), tuple(kept))


def unmask(text: str) -> Plain:
    """Without what nobody sees, and with plain characters for those that look like them."""
    seen = edited(text, _unmasked(text)) if not text.isascii() or "&" in text else Plain(text)
    letters = [
        (n, n + 1, char.translate(_DIGITS))
        for match in _LETTERS_FOR_DIGITS.finditer(seen.text)
        for n, char in enumerate(match[0], match.start())
        if char in "OoIl|"
    ]
    if not letters:
        return seen
    # one character for one: the places stay
    chars = list(seen.text)
    for first, _, by in letters:
        chars[first] = by
    return Plain("".join(chars), seen._begins, seen._edits)


def _unmasked(text: str) -> Iterable[Edit]:
    for match in _MASKED.finditer(text):
        by = _plain(match[0])
        if by != match[0]:
            yield match.start(), match.end(), by


@lru_cache(maxsize=4096)
def _plain(masked: str) -> str:
    """What a reader sees of one character or HTML entity."""
    if len(masked) > 1:
        while (meant := html.unescape(masked)) != masked:
            masked = meant
        return "".join(map(_plain, masked)) if len(masked) <= 2 else masked
    if masked.isascii():
        return masked
    if unicodedata.category(masked) == "Cf" or masked in _INVISIBLE:
        return ""
    if masked in _SPACE:
        return " "
    digit = unicodedata.decimal(masked, None)
    if digit is not None:
        return str(digit)
    looks = unicodedata.normalize("NFKC", masked).translate(_LOOKS)
    return looks if len(looks) == 1 and looks.isascii() else masked
