"""Passages in sentences that can be quoted: prose, list items and rows of tables."""

from __future__ import annotations

import re
from collections.abc import Iterator

_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[A-Z0-9\"'(\[])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|approx|no|nos|dr|mr|mrs|ms|prof|st|inc|ltd|co|corp|fig|art|sec"
    r"|jan|feb|mar|apr|jun|jul|aug|sep|sept|oct|nov|dec)|\b[A-Z])\.$",
    re.IGNORECASE,
)
_CELLS = " | "
LONGEST = 420
"""Characters; what is longer is no sentence to quote."""


def sentences(text: str) -> Iterator[tuple[str, str]]:
    """Pairs of a sentence as it stands in the text and as it reads alone.

    They differ for rows of tables, which alone say what their columns are.
    """
    header: list[str] = []
    for line in text.split("\n"):
        if _CELLS in line:
            cells = line.split(_CELLS)
            if not header:
                header = cells
            elif len(cells) == len(header):
                yield line, "; ".join(f"{h}: {c}" for h, c in zip(header, cells, strict=True) if c)
            else:
                yield line, line
            continue
        header = []
        for sentence in _prose(line.removeprefix("- ").strip()):
            if len(sentence) <= LONGEST and len(sentence.split()) >= 3:
                yield sentence, sentence


def says_something(sentence: str) -> bool:
    """Whether a sentence can answer: no question, no lead-in to a list, no bare name."""
    ending = sentence.rstrip(" *_)\"'")
    if ending.rstrip(":").endswith("?") or ending.endswith(":"):
        return False
    return len(sentence.split()) >= 4 or any(c.isdigit() or c == ":" for c in sentence)


def _prose(line: str) -> Iterator[str]:
    start = 0
    for end in _END.finditer(line):
        sentence = line[start : end.start()]
        if _ABBREVIATION.search(sentence):
            continue
        yield line[start : end.end()].strip()
        start = end.end()
    if line[start:].strip():
        yield line[start:].strip()
