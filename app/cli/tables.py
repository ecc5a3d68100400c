"""Aligned columns for a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence


def visible(words: object) -> str:
    """A value on one line: control characters are shown escaped, since names are hostile."""
    return "".join(
        c if unicodedata.category(c)[0] != "C" else c.encode("unicode_escape").decode()
        for c in str(words)
    )


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Lines without trailing blanks; the last column is as wide as it likes."""
    cells = [list(header), *([visible(value) for value in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    return "\n".join(
        "  ".join(value.ljust(width) for value, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    )
