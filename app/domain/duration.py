"""Durations as people write them."""

from __future__ import annotations

import re
from datetime import timedelta

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_duration(words: str) -> timedelta:
    """Read `90s`, `30m`, `12h` or `30d`. Raises ValueError on anything else, and on nothing."""
    found = re.fullmatch(r"(\d{1,6})([smhd])", words.strip())
    if found is None or int(found[1]) == 0:
        raise ValueError("write a duration as 90s, 30m, 12h or 30d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
