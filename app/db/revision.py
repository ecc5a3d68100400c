"""The revision: raised by every change of grants, memberships or slots.

Changes of who belongs to what are told apart: a scope from before the last of them is not
accepted any more, since it may hold groups that its subject has left.
"""

from __future__ import annotations

from sqlalchemy import text

from app.db.engine import AppConnection, IngestConnection

_CURRENT = text("select value from revision_counter")
_LOCKED = text("select value from revision_counter for update")
_RAISE = text("select raise_revision(:cause)")
_RAISE_DIRECTORY = text("select raise_directory_revision(:cause)")

Writer = AppConnection | IngestConnection


async def current_revision(connection: Writer) -> int:
    return int((await connection.execute(_CURRENT)).scalar_one())


async def lock_revision(connection: Writer) -> int:
    """The current revision, held until the transaction ends: changes happen one after another."""
    return int((await connection.execute(_LOCKED)).scalar_one())


async def raise_revision(connection: Writer, cause: str) -> int:
    """Raise the revision and keep its time and cause; the new one holds from the commit on."""
    return int((await connection.execute(_RAISE, {"cause": cause})).scalar_one())


async def raise_directory_revision(connection: AppConnection, cause: str) -> int:
    """The same for a change of accounts, groups or memberships."""
    return int((await connection.execute(_RAISE_DIRECTORY, {"cause": cause})).scalar_one())
