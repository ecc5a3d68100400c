"""Times as options give them."""

from __future__ import annotations

from datetime import UTC, datetime

from app.errors import InvalidInput


def time_from(words: str | None) -> datetime | None:
    """A time, in UTC where it names no zone. Raises InvalidInput."""
    if words is None:
        return None
    try:
        found = datetime.fromisoformat(words)
    except ValueError as error:
        raise InvalidInput("write a time as 2026-11-24 or 2026-11-24T10:30") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
