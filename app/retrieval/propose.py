"""Nearest chunks by a compact code, over the readable slots alone.

A code holds the sign of each component of a vector, one bit each; of two texts with near
meanings few bits differ. All codes are scanned that a scope may read, and no others, so what may
not be read shapes nothing, and there is no graph to get lost in. What is proposed here is
authorised and ranked exactly by the database. (Binary quantisation with rescoring, as in
Yamada, Asai and Hajishirzi, "Efficient Passage Retrieval with Hashing", ACL 2021; the second
look takes the query as it is, as the asymmetric distance of Jégou, Douze and Schmid, "Product
Quantization for Nearest Neighbor Search", TPAMI 2011, does.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.db.arrays import Ids
from app.domain.scope import SlotSet
from app.retrieval.codes import LevelCodes, words_of
from app.retrieval.scan import estimate


@dataclass(frozen=True, slots=True)
class Proposed:
    """By classification: the ids of the chunks, where there are any, and how many chunks the scope
    may read in all."""

    ids: dict[str, Ids]
    readable: dict[str, int]


LOOKED_AT_AGAIN = 10
"""So many times as many as are proposed are compared with the query's own components."""


def propose(
    levels: Mapping[str, LevelCodes],
    readable: Mapping[str, SlotSet],
    vector: Sequence[float],
    most: int,
) -> Proposed:
    """The chunks in `readable` slots of each classification among the `most` that seem nearest.

    Chunks that seem as near as the last of them come along, so that no order of rows decides who
    is in.
    """
    if not levels:
        return Proposed({}, {})
    components = np.asarray(vector, np.float32)
    signs = np.packbits(components > 0)[np.newaxis]
    query = words_of(signs)[0]
    near = {level: codes.near(query, readable[level]) for level, codes in levels.items()}
    every = np.sum([found.counts for found in near.values()], axis=0)
    last = int(np.searchsorted(np.cumsum(every), LOOKED_AT_AGAIN * most))
    parts = _parts(components)
    places = {level: found.within(last) for level, found in near.items()}
    nearness = {level: estimate(near[level].rows.words, at, parts) for level, at in places.items()}
    least = _least(np.concatenate(list(nearness.values())), most)
    chosen = {level: places[level][nearness[level] >= least] for level in near}
    return Proposed(
        {level: Ids(near[level].rows.ids[at]) for level, at in chosen.items() if len(at)},
        {level: int(found.counts.sum()) for level, found in near.items()},
    )


def _parts(components: NDArray[np.float32]) -> NDArray[np.float32]:
    """What each byte of a code adds for each of its values (`app.retrieval.scan.estimate`)."""
    padded = np.pad(components, (0, -len(components) % 64)).reshape(-1, 8)
    signs = np.unpackbits(np.arange(256, dtype=np.uint8)[:, np.newaxis], axis=1) * 2.0 - 1
    return np.ascontiguousarray(padded @ signs.T.astype(np.float32))


def _least(nearness: NDArray[np.float32], most: int) -> float:
    """What the `most` nearest reach at least."""
    if len(nearness) <= most:
        return -np.inf
    return float(np.partition(nearness, -most)[-most])
