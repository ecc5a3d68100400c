"""The sets of principals that the database keeps for those who hold them."""

from __future__ import annotations

from sqlalchemy import text

from app.db.engine import AppConnection

_FORGET = text("select forget_sets()")


async def forget_sets(connection: AppConnection) -> int:
    """Forget the sets that nobody has held for a day; how many there were.

    A scope that still names one is refused, and resolving it again holds the set anew.
    """
    return int((await connection.execute(_FORGET)).scalar_one())
