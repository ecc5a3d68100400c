"""The codes of one classification's chunks in memory, those of a slot side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from app.db.codes import CodeRows
from app.domain.scope import SlotSet
from app.retrieval.scan import Words, scan

_MOST_LOOSE = 0.2
"""Rows that came after the last sorting are found through a dictionary, and every search looks at
them; beyond this share of all rows everything is sorted again."""


class Rows(NamedTuple):
    """Parallel arrays with room at their end: ids (V16), slots (int32, 0: nothing there) and both
    codes as words of 64 bits, shape (capacity, words in a code). When they were sorted, the rows of
    slot `held[i]` were those from `starts[i]` to before `starts[i + 1]`; none has come to it
    since."""

    ids: NDArray[np.void]
    slots: NDArray[np.int32]
    signs: Words
    large: Words
    held: NDArray[np.int32]
    starts: NDArray[np.int64]

    @classmethod
    def sorted(
        cls, ids: NDArray[np.void], slots: NDArray[np.int32], signs: Words, large: Words
    ) -> Rows:
        order = np.argsort(slots, kind="stable")
        slots = slots[order]
        held, first = np.unique(slots, return_index=True)
        starts = np.append(first, len(slots))
        return cls(ids[order], slots, signs[order], large[order], held, starts)


class Near(NamedTuple):
    """What a scan found: a distance, or `FORBIDDEN`, for each of the rows that it looked at, those
    of one of the `ranges` after the other, and how many readable ones there are of each
    distance."""

    rows: Rows
    ranges: NDArray[np.int64]
    distances: NDArray[np.uint16]
    counts: NDArray[np.int64]

    def within(self, last: int) -> NDArray[np.int64]:
        """The places of the readable rows that are at most so far."""
        at = np.flatnonzero(self.distances <= last)
        ends = np.cumsum(self.ranges[:, 1] - self.ranges[:, 0])
        return at + (self.ranges[:, 1] - ends)[np.searchsorted(ends, at, side="right")]


@dataclass
class LevelCodes:
    """The codes of one classification: 96 + 36 bytes a chunk at 384 dimensions.

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
        self._take(Rows.sorted(rows.ids, rows.slots, words_of(rows.signs), words_of(rows.large)))

    def change(self, changed: Sequence[UUID], rows: CodeRows) -> None:
        """Of the changed chunks, `rows` are those that are there now; the others are gone."""
        signs, large = words_of(rows.signs), words_of(rows.large)
        gone = {id_.bytes for id_ in changed}
        for n, id_ in enumerate(rows.ids):
            key = id_.tobytes()
            gone.discard(key)
            place = self._find(key)
            moved = place is not None and self.rows.slots[place] != rows.slots[n]
            to = self._append(key, id_) if place is None or moved else place
            self.rows.signs[to], self.rows.large[to] = signs[n], large[n]
            self.rows.slots[to] = rows.slots[n]
            if moved:  # it does not lie with the others of its slot
                self.rows.slots[place] = 0
        for key in gone:
            if (place := self._find(key)) is not None:
                self.rows.slots[place] = 0
        if self.count - len(self._order) > 1_000 + _MOST_LOOSE * self.count:
            kept = np.flatnonzero(self.rows.slots[: self.count])
            now = self.rows
            self._take(
                Rows.sorted(now.ids[kept], now.slots[kept], now.signs[kept], now.large[kept])
            )

    def looked_at(self, readable: SlotSet) -> int:
        """How many rows a scan for these slots looks at."""
        ranges = _ranges(self.rows, readable, self.count)
        return int((ranges[:, 1] - ranges[:, 0]).sum())

    def near(self, query: Words, readable: SlotSet) -> Near:
        """How near the readable chunks are. Only those of readable slots are looked at, and what
        is not sorted yet."""
        count, rows = self.count, self.rows  # in this order, as `_take` writes them in the other
        ranges = _ranges(rows, readable, min(count, len(rows.ids)))
        distances = np.empty((ranges[:, 1] - ranges[:, 0]).sum(), np.uint16)
        counts = np.zeros(64 * len(query) + 1, np.int64)
        packed = np.frombuffer(bytearray(readable.packed), np.uint8)
        scan(rows.signs, rows.slots, ranges, packed, query, distances, counts)
        return Near(rows, ranges, distances, counts)

    def _take(self, rows: Rows) -> None:
        keys = np.frombuffer(rows.ids.tobytes(), np.uint64)[::2]
        self._order = np.argsort(keys)
        self._keys = keys[self._order]
        self._loose = {}
        self.rows = rows
        self.count = len(rows.ids)

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
            more = max(1_024, place // 4)
            now = self.rows
            self.rows = now._replace(
                ids=_longer(now.ids, more),
                slots=_longer(now.slots, more),
                signs=_longer(now.signs, more),
                large=_longer(now.large, more),
            )
        self.rows.ids[place] = id_
        self._loose[key] = place
        self.count += 1
        return place


def _longer(rows: NDArray[Any], more: int) -> NDArray[Any]:
    return np.concatenate([rows, np.zeros((more, *rows.shape[1:]), rows.dtype)])


def words_of(codes: NDArray[np.uint8]) -> Words:
    """Codes of shape (n, bytes) as words of shape (n, words), filled up with zeros."""
    padded = np.pad(codes, ((0, 0), (0, -codes.shape[1] % 8)))
    return np.ascontiguousarray(padded).view(np.uint64)


def _ranges(rows: Rows, readable: SlotSet, count: int) -> NDArray[np.int64]:
    """The rows of these slots, and those that are not sorted yet: the first of each range and the
    one past its last, in order."""
    if readable.few is not None:
        wanted = np.asarray(readable.few, np.int32)
        at = np.searchsorted(rows.held, wanted)
        known = at < len(rows.held)
        at = at[known][rows.held[at[known]] == wanted[known]]
        first, end = rows.starts[at], rows.starts[at + 1]
    else:
        bits = np.unpackbits(np.frombuffer(readable.packed, np.uint8))
        inside = np.flatnonzero(rows.held < len(bits))
        # one range where the rows of several readable slots lie side by side
        wanted = np.zeros(len(rows.held) + 2, np.int8)
        wanted[inside + 1] = bits[rows.held[inside]]
        turns = np.flatnonzero(np.diff(wanted))
        first, end = rows.starts[turns[::2]], rows.starts[turns[1::2]]
    loose = np.array([[rows.starts[-1], count]], np.int64)
    return np.concatenate([np.stack([first, end], axis=1), loose])
