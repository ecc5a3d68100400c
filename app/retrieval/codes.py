"""Nearest chunks by a compact code, over the readable slots alone.

A code holds the sign of each component of a vector, one bit each; of two texts with near
meanings few bits differ. All codes are scanned that a scope may read, and no others, so what may
not be read shapes nothing, and there is no graph to get lost in. What is proposed here is
authorised and ranked exactly by the database. (Binary quantisation with rescoring, as in
Yamada, Asai and Hajishirzi, "Efficient Passage Retrieval with Hashing", ACL 2021.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from app.db.codes import CodeRows
from app.domain.scope import SlotSet

Planes = NDArray[np.uint64]
_MOST_LOOSE = 0.2
"""Rows that came after the last sorting are found through a dictionary; beyond this share of all
rows everything is sorted again."""


class Rows(NamedTuple):
    """Parallel arrays with room at their end: ids (V16), slots (int32, 0: nothing there) and
    `planes` of shape (words of 64 bits in a code, capacity): word w of all codes lies together."""

    ids: NDArray[np.void]
    slots: NDArray[np.int32]
    planes: Planes


class Near(NamedTuple):
    """Readable chunks: `ids[places]`, and of each how many bits differ from the query's."""

    ids: NDArray[np.void]
    places: NDArray[np.int64]
    distances: NDArray[np.uint16]


@dataclass
class LevelCodes:
    """The codes of one classification: 48 + 12 bytes a chunk at 384 dimensions.

    One task changes it while others may look: rows are written where nobody sees them yet, and
    larger or sorted arrays take the place of the old ones all at once.
    """

    rows: Rows
    count: int
    _order: NDArray[np.int64]
    _keys: NDArray[np.uint64]
    _loose: dict[bytes, int]

    def __init__(self, rows: CodeRows) -> None:
        """Take these rows as all there are."""
        self._take(Rows(rows.ids, rows.slots, _planes(rows.codes)))

    def change(self, changed: Sequence[UUID], rows: CodeRows) -> None:
        """Of the changed chunks, `rows` are those that are there now; the others are gone."""
        planes = _planes(rows.codes)
        gone = {id_.bytes for id_ in changed}
        for n, id_ in enumerate(rows.ids):
            key = id_.tobytes()
            gone.discard(key)
            place = self._find(key)
            if place is None:
                place = self._append(key, id_)
            self.rows.planes[:, place] = planes[:, n]
            self.rows.slots[place] = rows.slots[n]
        for key in gone:
            if (place := self._find(key)) is not None:
                self.rows.slots[place] = 0
        if len(self._loose) > 1_000 + _MOST_LOOSE * self.count:
            kept = np.flatnonzero(self.rows.slots)
            self._take(
                Rows(
                    self.rows.ids[kept],
                    self.rows.slots[kept],
                    np.ascontiguousarray(self.rows.planes[:, kept]),
                )
            )

    def near(self, query: NDArray[np.uint64], readable: SlotSet) -> Near:
        """Every readable chunk."""
        ids, slots, planes = self.rows
        places = np.flatnonzero(_allowed(readable, slots))
        if len(places) < 0.5 * len(slots):
            return Near(ids, places, _distances(planes[:, places], query))
        return Near(ids, places, _distances(planes, query)[places])

    def _take(self, rows: Rows) -> None:
        self.count = len(rows.ids)
        keys = np.frombuffer(rows.ids.tobytes(), np.uint64)[::2]
        self._order = np.argsort(keys)
        self._keys = keys[self._order]
        self._loose = {}
        self.rows = rows

    def _find(self, key: bytes) -> int | None:
        if (loose := self._loose.get(key)) is not None:
            return loose
        half = np.frombuffer(key, np.uint64)[0]
        at = int(np.searchsorted(self._keys, half))
        while at < len(self._keys) and self._keys[at] == half:
            place = int(self._order[at])
            if self.rows.ids[place].tobytes() == key:
                return place
            at += 1
        return None

    def _append(self, key: bytes, id_: np.void) -> int:
        place = self.count
        if place == len(self.rows.ids):
            ids, slots, planes = self.rows
            more = max(1_024, place // 4)
            self.rows = Rows(
                np.concatenate([ids, np.zeros(more, "V16")]),
                np.concatenate([slots, np.zeros(more, np.int32)]),
                np.concatenate([planes, np.zeros((len(planes), more), np.uint64)], axis=1),
            )
        self.rows.ids[place] = id_
        self._loose[key] = place
        self.count += 1
        return place


def propose(
    levels: Mapping[str, LevelCodes], readable: SlotSet, vector: Sequence[float], most: int
) -> dict[str, list[UUID]]:
    """The readable chunks of each classification among the `most` whose codes are nearest.

    Chunks as far as the last of them come along, so that no order of rows decides who is in.
    """
    signs = np.packbits(np.asarray(vector) > 0)[np.newaxis]
    query = _planes(signs)[:, 0]
    near = {level: codes.near(query, readable) for level, codes in levels.items()}
    counts = np.zeros(64 * len(query) + 1, np.int64)
    for found in near.values():
        counts += np.bincount(found.distances, minlength=len(counts))
    last = int(np.searchsorted(np.cumsum(counts), most))
    return {
        level: [UUID(bytes=found.ids[p].tobytes()) for p in found.places[found.distances <= last]]
        for level, found in near.items()
    }


def _planes(codes: NDArray[np.uint8]) -> Planes:
    """Codes of shape (n, bytes) as words of shape (words, n), filled up with zeros."""
    padded = np.pad(codes, ((0, 0), (0, -codes.shape[1] % 8)))
    return np.ascontiguousarray(padded.view(np.uint64).T)


def _distances(planes: Planes, query: NDArray[np.uint64]) -> NDArray[np.uint16]:
    total = np.zeros(planes.shape[1], np.uint16)
    for plane, word in zip(planes, query, strict=True):
        total += np.bitwise_count(plane ^ word)
    return total


def _allowed(readable: SlotSet, slots: NDArray[np.int32]) -> NDArray[np.bool_]:
    bits = np.unpackbits(np.frombuffer(readable.packed, np.uint8)).view(np.bool_)
    if len(slots) and int(slots.max()) >= len(bits):  # made since the scope was resolved
        bits = np.concatenate([bits, np.zeros(int(slots.max()) + 1 - len(bits), np.bool_)])
    return bits[slots]
