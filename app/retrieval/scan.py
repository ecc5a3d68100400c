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
NEAR, FAR = 0.4528, 1.510
"""What a small and a large component stand for, in units of what one measures on average (Max,
"Quantizing for minimum distortion", 1960)."""


@intrinsic
def _generate_ones(_: Any, word: Any) -> Any:
    """How many bits of a word are set, by the processor's instruction."""

    def generate(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


_ones: Any = _generate_ones


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
    three, seven, one = np.uint32(3), np.uint32(7), np.uint32(1)
    bits = np.uint32(8 * len(packed))
    at = 0
    for r in range(len(ranges)):
        # Slices, so that no index could count from the end, and a loop that does nothing else: it
        # then runs three times as fast.
        codes = words[ranges[r, 0] : ranges[r, 1]]
        told = distances[at : at + len(codes)]
        for n in range(len(codes)):
            distance = np.uint64(0)
            for w in range(len(query)):
                distance += _ones(codes[n, w] ^ query[w])
            told[n] = distance
        of_rows = slots[ranges[r, 0] : ranges[r, 1]]
        for n in range(len(of_rows)):
            slot = np.uint32(of_rows[n])
            if slot >= bits or not (packed[slot >> three] >> (seven - (slot & seven))) & one:
                told[n] = FORBIDDEN
            else:
                counts[told[n]] += 1
        at += len(codes)


@njit(
    "float32[::1](uint64[:, ::1], uint64[:, ::1], int64[::1], float32[:, ::1], int64)",
    nogil=True,
    cache=True,
)
def estimate(
    signs: Words,
    large: Words,
    rows: NDArray[np.int64],
    parts: NDArray[np.float32],
    dimensions: int,
) -> NDArray[np.float32]:
    """For each of `rows` the cosine of the query and the vector that its codes stand for, but for a
    factor that all share.

    Components are taken four at a time: `parts[g, 16 * s + l]`, shape (groups, 256), is what those
    of group g add when their bits in `signs` are s and in `large` l.
    """
    four, eight, low, high = np.uint64(4), np.uint64(8), np.uint64(15), np.uint64(240)
    one, two = np.uint64(1), np.uint64(2)
    # These rows lie anywhere: in a loop of its own the processor fetches several at a time.
    codes = np.empty((2, len(rows), signs.shape[1]), np.uint64)
    for n in range(len(rows)):
        row = np.uint64(rows[n])  # unsigned, so that no index could count from the end
        for w in range(signs.shape[1]):
            codes[0, n, w] = signs[row, np.uint64(w)]
            codes[1, n, w] = large[row, np.uint64(w)]
    near = np.zeros(len(rows), np.float32)
    for n in range(len(rows)):
        group = np.uint64(0)
        total, more, far = np.float32(0), np.float32(0), np.uint64(0)
        for w in range(signs.shape[1]):
            s, l = codes[0, n, w], codes[1, n, w]  # noqa: E741
            far += _ones(l)
            for _ in range(8):
                total += parts[group, (s & high) | ((l >> four) & low)]
                more += parts[group + one, ((s & low) << four) | (l & low)]
                group += two
                s >>= eight
                l >>= eight  # noqa: E741
        total += more
        near[n] = total / np.sqrt(dimensions * NEAR**2 + np.float32(far) * (FAR**2 - NEAR**2))
    return near
