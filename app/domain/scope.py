"""What one subject may read for one request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.domain.principal import Subject

PURPOSES = ("ask", "search", "documents")
"""What scopes are resolved for: an answer, a search, and a document that is opened."""

FEW = 1_000
"""Up to so many slots are named one by one in a statement; more are sent as bits."""


@dataclass(frozen=True, slots=True)
class SlotSet:
    """ACL slots, one bit each: slot n is in it when bit n % 8, from the left, of byte n // 8 of
    `packed` is set.

    `few` lists them where they are at most `FEW`, for a predicate that an index serves.
    """

    packed: bytes
    count: int
    few: tuple[int, ...] | None

    @classmethod
    def of(cls, bits: str) -> SlotSet:
        """From bits as Postgres writes them: `0` and `1`, a multiple of 8 of them."""
        count = bits.count("1")
        few = tuple(m.start() for m in re.finditer("1", bits)) if count <= FEW else None
        packed = int(bits, 2).to_bytes(len(bits) // 8, "big") if bits else b""
        return cls(packed, count, few)

    def holds(self, packed: bytes) -> bool:
        """Whether all slots of a set, given as `packed` is, are in it."""
        size = max(len(self.packed), len(packed))
        return not _number(packed, size) & ~_number(self.packed, size)

    def without(self, packed: bytes) -> SlotSet:
        """Those that are not in a set given as `packed` is."""
        size = len(self.packed)
        return SlotSet.of(
            format(_number(self.packed, size) & ~_number(packed, size), f"0{8 * size}b")
            if size
            else ""
        )

    def __contains__(self, slot: int) -> bool:
        byte, bit = divmod(slot, 8)
        return 0 <= byte < len(self.packed) and bool(self.packed[byte] >> (7 - bit) & 1)


def packed(slots: Iterable[int]) -> bytes:
    """Slots as bits."""
    bits = bytearray()
    for slot in slots:
        byte, bit = divmod(slot, 8)
        if byte >= len(bits):
            bits.extend(bytes(byte + 1 - len(bits)))
        bits[byte] |= 128 >> bit
    return bytes(bits)


def _number(packed: bytes, size: int) -> int:
    """Of `size` bytes: what is past the end of `packed` is zero, and what it has more is left."""
    return int.from_bytes(packed[:size].ljust(size, b"\0"), "big")


@dataclass(frozen=True, slots=True)
class Scope:
    """The result of authorisation; search accepts nothing else.

    Text is read under a seal over it that the database makes for one connection and verifies.
    `held` is the database's id of the principals that the subject holds. `slots` are the ACL
    slots that they may read at `revision`, for the explicit predicate; the database derives its
    own. `withheld` are, by classification and as bits, those that are left out: its lease withholds
    them from everybody, or they hold redacted renditions and the subject may read the full ones.
    """

    subject: Subject
    held: int
    purpose: str
    classifications: tuple[str, ...]
    slots: SlotSet
    revision: int
    expires_at: datetime
    withheld: Mapping[str, bytes] = field(default_factory=dict, hash=False)

    def readable(self, level: str) -> SlotSet:
        """The slots that may be read of a classification, the withheld ones left out."""
        withheld = self.withheld.get(level)
        return self.slots.without(withheld) if withheld else self.slots


class By(StrEnum):
    """What passages are ranked by: a score is then the fused rank, the cosine of the vectors, or
    how often and how close together the words stand."""

    BOTH = "both"
    MEANING = "meaning"
    WORDS = "words"


RenditionRef = tuple[UUID, str]
"""A rendition: its document's id, and the classification that it is a version at."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk returned to a query. `score` is by what it was ranked by (`By`), higher is better."""

    chunk_id: UUID
    document_id: UUID
    external_id: str
    source: str
    title: str
    uri: str
    classification: str
    heading: str
    page: int | None
    text: str
    score: float

    @property
    def rendition(self) -> RenditionRef:
        return self.document_id, self.classification


@dataclass(frozen=True, slots=True)
class Found:
    """What a search returns: passages best first, at one revision."""

    revision: int
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class ReadableDocument:
    """The rendition of a document that one subject may read: its pieces in order."""

    document_id: UUID
    title: str
    uri: str
    source: str
    external_id: str
    mime_type: str
    classification: str
    redacted: bool
    passages: tuple[Passage, ...]

    @property
    def rendition(self) -> RenditionRef:
        return self.document_id, self.classification
