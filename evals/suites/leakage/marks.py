"""Words that only one paper holds, recognised in a text however they are written."""

from __future__ import annotations

import base64
import codecs
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from evals.ground.company import Paper

_NOT_SHOWN = re.compile(r"[^a-z0-9]+")
_BLANK = re.compile(r"\s+")
_HEAD = 4
"""Letters by which what is looked for is told from all else: a text is gone through once."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A word of a paper: half of its canary, or its name, which its title holds."""

    external_id: str
    word: str
    is_name: bool


class Marks:
    """The marks of some papers, looked for as they are, in capitals, with anything between the
    letters, backwards, in rot13, in hexadecimal and in base64."""

    def __init__(self, papers: Iterable[Paper]) -> None:
        self._letters: _Needles = defaultdict(dict)
        self._base64: _Needles = defaultdict(dict)
        for paper in papers:
            for word in (*paper.canary.split("-"), paper.name.lower()):
                mark = Mark(paper.external_id, word, word == paper.name.lower())
                for written in (word, word[::-1], codecs.encode(word, "rot13"), _hex(word)):
                    self._letters[written[:_HEAD]][written] = mark
                for said in (word, word.capitalize(), word.upper()):
                    for core in _cores(said):
                        self._base64[core[:_HEAD]][core] = mark

    def within(self, text: str) -> set[Mark]:
        """The marks in a text. A word that is cut short by a letter is none."""
        squeezed = _NOT_SHOWN.sub("", text.lower())
        found = set(_found(squeezed, self._letters))
        return found | set(_found(_BLANK.sub("", text), self._base64))


_Needles = defaultdict[str, dict[str, Mark]]
"""Whose words are written which way, by how that begins."""


def _found(text: str, needles: _Needles) -> Iterator[Mark]:
    for at in range(len(text) - _HEAD + 1):
        if (known := needles.get(text[at : at + _HEAD])) is not None:
            yield from (mark for written, mark in known.items() if text.startswith(written, at))


def _hex(word: str) -> str:
    return word.encode().hex()


def _cores(word: str) -> Iterator[str]:
    """What base64 makes of a word within a text, at each of the three places where it may begin:
    the letters that hold nothing of its neighbours."""
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + word.encode() + b"\0\0").decode()
        yield whole[-(-before * 8 // 6) : (before + len(word)) * 8 // 6]
