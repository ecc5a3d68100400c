"""Rows in the binary format of COPY (PostgreSQL documentation, COPY, "Binary Format")."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"


def binary(fixed: Sequence[NDArray[Any]], texts: Iterable[Sequence[str]]) -> bytes:
    """One row for each item of `texts`: first a column for each array of `fixed`, then its texts.

    An array of shape (n,) and dtype V16 becomes uuids, of whole numbers integers; one of shape
    (n, dimensions) halfvecs.
    """
    texts = list(texts)
    kinds: list[tuple[Any, ...]] = [("fields", ">i2")]
    for n, array in enumerate(fixed):
        kinds.append((f"length{n}", ">i4"))
        if array.ndim == 2:  # a halfvec begins with its dimensions and two unused bytes
            kinds += [(f"size{n}", ">i2"), (f"unused{n}", ">i2")]
            kinds.append((f"value{n}", ">f2", (array.shape[1],)))
        else:
            kinds.append((f"value{n}", "V16" if array.dtype.kind == "V" else ">i4"))
    rows = np.zeros(len(texts), kinds)
    rows["fields"] = len(fixed) + (len(texts[0]) if texts else 0)
    for n, array in enumerate(fixed):
        rows[f"value{n}"] = array
        rows[f"length{n}"] = rows.dtype[f"value{n}"].itemsize + 4 * (array.ndim == 2)
        if array.ndim == 2:
            rows[f"size{n}"] = array.shape[1]
    parts = [_HEADER]
    for row, words in zip(rows, texts, strict=True):
        parts.append(row.tobytes())
        for value in words:
            encoded = value.encode()
            parts += (len(encoded).to_bytes(4, "big"), encoded)
    return b"".join([*parts, _TRAILER])
