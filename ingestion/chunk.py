"""A rendition in pieces that can be found and quoted: by headings, lists and tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from app.domain.document import Chunk, Element, Rendition

MAX_WORDS = 150
"""About 220 word pieces of English; the embedding model reads 256, heading and title included."""
LONG_WORD = 12
"""Bytes; a longer word counts as several, since the model reads it in pieces."""
MAX_HEADING = 200
"""Characters; what is longer is text, whatever its style says."""
SMALL_WORDS = 40
"""Neighbours that are smaller are joined where both fit."""
SEPARATOR = " › "
TABLE_CELLS = " | "

_CUT = MAX_WORDS * LONG_WORD // 4
"""Characters, of at most four bytes each."""
_SENTENCE = re.compile(r"(?<=[.!?;])\s+")


@dataclass
class Section:
    """What stands under one heading path, as blocks that are kept whole where they fit."""

    path: tuple[str, ...]
    page: int | None
    blocks: list[str] = field(default_factory=list)

    @property
    def words(self) -> int:
        return sum(count_words(block) for block in self.blocks)


def count_words(text: str) -> int:
    """Words, long ones as several."""
    return sum(1 + len(word.encode()) // LONG_WORD for word in text.split())


def chunk(rendition: Rendition) -> list[Chunk]:
    """The chunks of a rendition in reading order; none when it has no text."""
    pieces = [
        piece
        for section in _sections(rendition.title, rendition.elements)
        for piece in _split(section)
    ]
    return [
        Chunk(ordinal, SEPARATOR.join(piece.path), piece.page, _text(piece.blocks))
        for ordinal, piece in enumerate(_join(pieces))
    ]


def _text(blocks: Sequence[str]) -> str:
    """Blocks as lines; tables stand apart, so that two of them are not taken for one."""
    lines: list[str] = []
    for block in blocks:
        table = TABLE_CELLS in block and "\n" in block
        lines.append(f"\n{block}\n" if table else block)
    return "\n".join(lines).strip("\n").replace("\n\n\n", "\n\n")


def embedded_text(title: str, piece: Chunk) -> str:
    """What the vector of a chunk is made from: it is also found by what its page is about."""
    heading = f"{title}{SEPARATOR}{piece.heading}" if piece.heading else title
    return f"{heading}\n{piece.text}"


def _sections(title: str, elements: Sequence[Element]) -> Iterator[Section]:
    path: list[tuple[int, str]] = []
    current = Section((), None)
    for index, element in enumerate(elements):
        if element.kind == "title" and _opens_section(elements, index):
            yield current
            path = [entry for entry in path if entry[0] < element.level]
            path.append((element.level, element.text))
            names = tuple(text for _, text in path)
            if names[0].casefold() == title.casefold():
                names = names[1:]
            current = Section(names, element.page)
        else:
            if current.page is None or not current.blocks:
                current.page = element.page
            current.blocks.append(f"- {element.text}" if element.kind == "list" else element.text)
    yield current


def _opens_section(elements: Sequence[Element], index: int) -> bool:
    """Whether anything stands under a heading; what heads nothing is text itself."""
    heading = elements[index]
    if len(heading.text) > MAX_HEADING:
        return False
    following = elements[index + 1 : index + 2]
    return bool(following) and (following[0].kind != "title" or following[0].level > heading.level)


def _split(section: Section) -> Iterator[Section]:
    """The section in pieces of at most MAX_WORDS; a block that is larger is cut at its sentences
    or rows."""
    piece = Section(section.path, section.page)
    for block in section.blocks:
        for part in _parts(block):
            if piece.blocks and piece.words + count_words(part) > MAX_WORDS:
                yield piece
                piece = Section(section.path, section.page)
            piece.blocks.append(part)
    if piece.blocks:
        yield piece


def _parts(block: str) -> Iterator[str]:
    if count_words(block) <= MAX_WORDS:
        yield block
        return
    rows = block.split("\n")
    is_table = len(rows) > 2 and TABLE_CELLS in rows[0]
    units = rows if len(rows) > 1 else _SENTENCE.split(block)
    joint = "\n" if len(rows) > 1 else " "
    header = [rows[0]] if is_table and count_words(rows[0]) < MAX_WORDS // 3 else []
    part: list[str] = []
    for unit in units:
        for words in _at_most(unit.split(" ")):
            if part and sum(map(count_words, part)) + count_words(words) > MAX_WORDS:
                yield joint.join(part)
                part = list(header)
            part.append(words)
    if part != header:
        yield joint.join(part)


def _at_most(words: list[str]) -> Iterator[str]:
    """The words in groups that each fit; one that fits nowhere is cut."""
    group: list[str] = []
    size = 0
    for word in words:
        for start in range(0, len(word) or 1, _CUT):
            piece = word[start : start + _CUT]
            if group and size + count_words(piece) > MAX_WORDS:
                yield " ".join(group)
                group, size = [], 0
            group.append(piece)
            size += count_words(piece)
    if group:
        yield " ".join(group)


def _join(pieces: Sequence[Section]) -> Iterator[Section]:
    """Small neighbours together, under the headings that they share."""
    held: Section | None = None
    for piece in pieces:
        if held is None:
            held = piece
        elif (
            min(held.words, piece.words) < SMALL_WORDS
            and max(held.words, piece.words) < MAX_WORDS // 2
            and held.words + piece.words <= MAX_WORDS
        ):
            held = _together(held, piece)
        else:
            yield held
            held = piece
    if held is not None:
        yield held


def _together(one: Section, other: Section) -> Section:
    if one.path == other.path:
        return Section(one.path, one.page, [*one.blocks, *other.blocks])
    shared = 0
    while shared < min(len(one.path), len(other.path)) and one.path[shared] == other.path[shared]:
        shared += 1
    blocks = [*_headed(one, shared), *_headed(other, shared)]
    return Section(one.path[:shared], one.page, blocks)


def _headed(section: Section, shared: int) -> list[str]:
    rest = section.path[shared:]
    return [f"{SEPARATOR.join(rest)}:", *section.blocks] if rest else section.blocks
