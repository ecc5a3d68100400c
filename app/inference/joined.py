"""Numbers that a line break cuts in two, put together again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.inference.unmask import Plain, edited

_BREAK = re.compile(
    r"(?:(?<=[0-9])|(?<=[0-9][A-Z -])|(?<=[0-9][A-Z]{2})|(?<=[0-9][A-Z]{3})|(?<=[0-9][A-Z]{4})"
    r"|(?<![A-Za-z0-9][A-Z])(?<=[A-Z])(?=\s+[A-Z]?[0-9]{2}[ -]?[A-Z0-9]{4}))"
    r"[ \t]*\r?\n(?:[>?]*[ \t]+)?(?=[A-Z]{0,4}[ -]?[0-9]|[ -]?[0-9])"
)
_NEAR = 60
"""How many characters on either side may belong to the number or say what it is."""
_DIGITS = 8
"""Digits near a break below which no number that we look for lies over it."""


@dataclass(frozen=True, slots=True)
class Joined:
    """A part of the text, from `first` on, without its breaks; `cuts` are their places in it."""

    plain: Plain
    first: int
    cuts: tuple[int, ...]

    def over_a_cut(self, start: int, end: int) -> bool:
        return any(start < cut < end for cut in self.cuts)


def joined(text: str) -> Iterator[Joined]:
    """The parts of a text in which a number may go on in the next line."""
    near: list[re.Match[str]] = []
    for match in _BREAK.finditer(text):
        left, right = (
            text[max(0, match.start() - 24) : match.start()],
            text[match.end() : match.end() + 24],
        )
        if sum(map(str.isdigit, left.rpartition("\n")[2] + right.partition("\n")[0])) < _DIGITS:
            continue
        if near and match.start() - near[-1].end() > 2 * _NEAR:
            yield _part(text, near)
            near = []
        near.append(match)
    if near:
        yield _part(text, near)


def _part(text: str, breaks: list[re.Match[str]]) -> Joined:
    first = max(0, breaks[0].start() - _NEAR)
    last = min(len(text), breaks[-1].end() + _NEAR)
    edits = [(m.start() - first, m.end() - first, "") for m in breaks]
    cuts, gone = [], 0
    for start, end, _ in edits:
        cuts.append(start - gone)
        gone += end - start
    return Joined(edited(text[first:last], edits), first, tuple(cuts))
