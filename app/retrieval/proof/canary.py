"""The canary: text that nobody may read, so that whatever shows it is a leak.

It has a chunk of random words in every classification, in a slot that the migrations made
without a source and let only a service in that no account can be. It has no document, so it is
in no list, count, explanation or search of anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from uuid import UUID

from sqlalchemy import select, text

from app.db.chunks import write_rendition
from app.db.engine import Database
from app.db.levels import chunk_table
from app.domain.document import Chunk, EmbeddedChunk, Rendition
from app.domain.principal import Account, Role, Subject
from app.domain.scope import Scope, SlotSet

DOCUMENT = UUID("00000000-0000-4000-8000-00000000ca9a")
"""Of the canary's chunks and renditions; no row in `document` has it."""
SECONDS = 60

# An advisory lock could be held by any login, and the proof would wait for it.
_LOCK = text("select id from acl_slot where canary for no key update")
_SLOT = text("""
select a.id as slot, g.principal_id as principal
  from acl_slot a join slot_grant g on g.slot_id = a.id and g.until is null where a.canary
""")
_DIMENSIONS = text("""
select atttypmod from pg_attribute
 where attrelid = to_regclass('public.' || :chunks) and attname = 'embedding'
""")
_HOLD = text("select id, revision from hold_set(:principals)")


@dataclass(frozen=True, slots=True)
class Canary:
    """What may read it: the scope that is the positive control of every attempt."""

    scope: Scope
    levels: tuple[str, ...]

    @property
    def rows(self) -> int:
        """How many rows it has: a chunk and a rendition in each classification."""
        return 2 * len(self.levels)


async def plant(database: Database, levels: Sequence[str]) -> None:
    """Plant the canary in every classification where it is missing; safe to race.

    As the login that writes text, so that what can be planted is what can be indexed. Raises
    LookupError when its slot is not there.
    """
    async with database.app() as connection:
        place = (await connection.execute(_SLOT)).one_or_none()
    if place is None:
        raise LookupError
    async with database.ingest() as connection:
        await connection.execute(_LOCK)
        for level in levels:
            chunk = chunk_table(level)
            there = await connection.execute(
                select(chunk.c.slot_id).where(chunk.c.document_id == DOCUMENT)
            )
            if list(there.scalars()) == [place.slot]:
                continue
            length = await connection.scalar(_DIMENSIONS, {"chunks": chunk.name})
            words = " ".join(token_hex(4) for _ in range(12))
            await write_rendition(
                connection,
                levels=[level],
                document_id=DOCUMENT,
                slot_id=place.slot,
                source="",
                external_id="",
                uri="",
                mime_type="text/plain",
                rendition=Rendition(level, token_hex(8), (), {}, ()),
                # no direction: it is near to nothing, and no cosine index takes it
                chunks=[EmbeddedChunk(Chunk(0, token_hex(8), None, words), (0.0,) * int(length))],
            )


async def find(database: Database, levels: Sequence[str]) -> Canary:
    """The canary with a scope that is good for a minute."""
    async with database.app() as connection:
        place = (await connection.execute(_SLOT)).one()
        held = (await connection.execute(_HOLD, {"principals": [place.principal]})).one()
    account = Account(place.principal, "", "canary", Role.EMPLOYEE)
    return Canary(
        Scope(
            subject=Subject(account, frozenset({place.principal}), frozenset(), held.revision),
            held=held.id,
            purpose="proof",
            classifications=tuple(levels),
            slots=SlotSet.of(""),
            revision=held.revision,
            expires_at=datetime.now(UTC) + timedelta(seconds=SECONDS),
        ),
        tuple(levels),
    )
