"""Whether the tokens and sessions that requests came with still stand."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import text

from app.db.engine import SnapshotConnection

_STANDING = text("""
select t.id from token t join account a on a.principal_id = t.principal_id
  join principal p on p.id = t.principal_id
 where t.id = any (:tokens) and t.revoked_at is null and t.expires_at > clock_timestamp()
   and a.disabled_at is null and p.known
""")


async def standing_tokens(connection: SnapshotConnection, tokens: Iterable[int]) -> frozenset[int]:
    """Those of the tokens, by id, that are neither revoked nor expired, and whose account can be
    used."""
    wanted = list(tokens)
    if not wanted:
        return frozenset()
    return frozenset(await connection.scalars(_STANDING, {"tokens": wanted}))
