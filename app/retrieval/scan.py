"""The two loops over codes, compiled: they take rows about as fast as memory gives them.

They run without the interpreter's lock, so searches scan side by side.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

Words = NDArray[np.uint64]
FORBIDDEN = 65_535
"""In the place of a distance: the row may not be read, or nothing is there."""


@intrinsic
def _ones(_: Any, word: Any) -> Any:
    """How many bits of a word are set, by the processor's instruction."""

    def generate(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


@njit(
    "(uint64[:, ::1], int32[::1], int64[:, ::1], uint8[::1], uint64[::1], uint16[::1], int64[::1])",
    nogil=True,
    cache=True,
)
def scan(
    words: Words,
    slots: NDArray[np.int32],
    ranges: NDArray[np.int64],
    packed: NDArray[np.uint8],
    query: Words,
    distances: NDArray[np.uint16],
    counts: NDArray[np.int64],
) -> None:
    """How many bits of each code differ from the query's.

    `words` holds the codes, shape (n, words of 64 bits); looked at are the rows of `ranges`, shape
    (r, 2): the first and the one past the last. Into `distances`, one range after the other, goes
    the distance, or `FORBIDDEN` unless the bit of the row's slot is set in `packed`; `counts[d]`
    goes up by the rows of distance d.
    """
    # unsigned, so that no index is taken to count from the end
    three, seven, one = np.uint32(3), np.uint32(7), np.uint32(1)
    bits = np.uint32(8 * len(packed))
    at = 0
    for r in range(len(ranges)):
        for row in range(ranges[r, 0], ranges[r, 1]):
            slot = np.uint32(slots[row])
            if slot >= bits or not (packed[slot >> three] >> (seven - (slot & seven))) & one:
                distances[at] = FORBIDDEN
            else:
                distance = np.uint64(0)
                for w in range(len(query)):
                    distance += _ones(words[row, w] ^ query[w])  # type: ignore[call-arg]
                distances[at] = distance
                counts[distance] += 1
            at += 1


@njit("float32[::1](uint64[:, ::1], int64[::1], float32[:, ::1])", nogil=True, cache=True)
def estimate(
    words: Words, rows: NDArray[np.int64], parts: NDArray[np.float32]
) -> NDArray[np.float32]:
    """For each of `rows` the sum of the query's components, each with the sign that the code has
    there: `parts[b, v]` is what byte b of a code adds when its value is v (shape (bytes, 256))."""
    near = np.zeros(len(rows), np.float32)
    for n in range(len(rows)):
        total = np.float32(0)
        for w in range(words.shape[1]):
            word = words[rows[n], w]
            for b in range(8):
                total += parts[8 * w + b, (word >> np.uint64(8 * b)) & np.uint64(255)]
        near[n] = total
    return near
