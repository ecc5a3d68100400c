"""How long something has been so, in words."""

from __future__ import annotations

from datetime import UTC, datetime

_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))


def lasting(since: datetime) -> str:
    """Until now, in its largest unit, such as `3 days`."""
    seconds = (datetime.now(UTC) - since).total_seconds()
    for unit, length in _UNITS:
        if seconds >= length:
            count = int(seconds // length)
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "less than a minute"
