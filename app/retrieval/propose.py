"""Nearest chunks by a compact code, over the readable slots alone.

A code holds the sign of each component of a vector, one bit each; of two texts with near
meanings few bits differ. All codes are scanned that a scope may read, and no others, so what may
not be read shapes nothing, and there is no graph to get lost in. The nearest are looked at again
with a second bit a component, which says whether it is large, and with the query as it is. What is
proposed here is authorised and ranked exactly by the database. (Binary quantisation with rescoring,
as in Yamada, Asai and Hajishirzi, "Efficient Passage Retrieval with Hashing", ACL 2021; the second
look as the asymmetric distance of Jégou, Douze and Schmid, "Product Quantization for Nearest
Neighbor Search", TPAMI 2011.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import cbrt, ceil, isqrt

import numpy as np
from numpy.typing import NDArray

from app.db.arrays import Ids
from app.domain.scope import SlotSet
from app.retrieval.codes import LevelCodes, words_of
from app.retrieval.scan import FAR, NEAR, estimate

_BITS = np.unpackbits(np.arange(256, dtype=np.uint8)[:, np.newaxis], axis=1)
_MEANT = ((_BITS[:, :4] * 2.0 - 1) * np.where(_BITS[:, 4:], FAR, NEAR)).astype(np.float32)
"""What four components are, by their four signs and four bits that say which are large."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """By classification: the ids of the chunks, where there are any, and how many chunks the scope
    may read in all."""

    ids: dict[str, Ids]
    readable: dict[str, int]


def proposed(most: int, readable: int) -> int:
    """How many of the readable chunks are proposed, so that the `most` nearest are among them.

    Fitted where nearly all (.995) of them were: 10 of 2,000 to 1,000,000 chunks among 36 to 120, 60
    among 127 to 420.
    """
    return ceil(2 * most + (1 + most / 30) * cbrt(readable))


def looked_at_again(most: int, readable: int) -> int:
    """How many, those whose signs differ in the fewest places, are looked at a second time.

    Fitted likewise: the 10 nearest of 2,000 to 1,000,000 are among 290 to 7,500.
    """
    return max(2 * proposed(most, readable), 12 * isqrt(readable))


def propose(
    levels: Mapping[str, LevelCodes],
    readable: Mapping[str, SlotSet],
    vector: Sequence[float],
    most: int,
) -> Proposed:
    """The chunks in `readable` slots of each classification among which the `most` nearest are.

    Chunks that seem as near as the last of them come along, so that no order of rows decides who
    is in.
    """
    components = np.asarray(vector, np.float32)
    query = words_of(np.packbits(components > 0)[np.newaxis])[0]
    near = {
        level: codes.near(query, readable[level])
        for level, codes in levels.items()
        if codes.count and readable[level].count
    }
    if not near:
        return Proposed({}, {})
    every = np.cumsum(np.sum([found.counts for found in near.values()], axis=0))
    count = int(every[-1])
    last = int(np.searchsorted(every, looked_at_again(most, count)))
    parts = _parts(components)
    places = {level: found.within(last) for level, found in near.items()}
    nearness = {
        level: estimate(near[level].rows.signs, near[level].rows.large, at, parts, len(components))
        for level, at in places.items()
    }
    least = _least(np.concatenate(list(nearness.values())), proposed(most, count))
    chosen = {level: places[level][nearness[level] >= least] for level in near}
    return Proposed(
        {level: Ids(near[level].rows.ids[at]) for level, at in chosen.items() if len(at)},
        {level: int(found.counts.sum()) for level, found in near.items()},
    )


def _parts(components: NDArray[np.float32]) -> NDArray[np.float32]:
    """What each group of four components adds for each value of its bits
    (`app.retrieval.scan.estimate`)."""
    padded = np.pad(components, (0, -len(components) % 64)).reshape(-1, 4)
    return np.ascontiguousarray(padded @ _MEANT.T)


def _least(nearness: NDArray[np.float32], most: int) -> float:
    """What the `most` nearest reach at least."""
    if len(nearness) <= most:
        return -np.inf
    return float(np.partition(nearness, -most)[-most])
