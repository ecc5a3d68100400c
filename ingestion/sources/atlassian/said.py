"""What a site says, taken for hostile."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

STRANGE = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError)
"""What reading a strange answer raises."""
_ID = re.compile(r"[0-9]{1,20}")


def numeric_id(said: Any) -> str:
    """Raises ValueError for what is none."""
    return matched(_ID, str(said) if isinstance(said, int) else said)


def text(said: Any) -> str:
    if not isinstance(said, str):
        raise TypeError
    return said


def segment(name: str) -> str:
    """For a path: a name with dots and slashes stays one name."""
    if name in ("", ".", ".."):
        raise ValueError
    return quote(name, safe="")


def matched(shape: re.Pattern[str], said: Any) -> str:
    if not isinstance(said, str) or not shape.fullmatch(said):
        raise ValueError
    return said
