"""Which indexes of audiences are kept, and which would be worth keeping.

An *audience* is one popular principal in one classification: the slots that everybody who holds
the principal may read, because it is allowed there and the slot denies nobody at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import sql

from app.db.direct import every
from app.db.engine import AppConnection

_KEPT = """
select a.id, a.principal_id, p.kind, p.key, a.classification, a.state, a.slots::text as slots,
       a.counts
  from audience a join principal p on p.id = a.principal_id order by a.id
"""
# Who is only named by some ACL is held by nobody; a user is not an audience.
_HELD = """
with counted as (select c.slot_id, count(*)::integer as chunks from {chunks} c group by 1)
select g.principal_id, p.kind, p.key,
       array_agg(g.slot_id order by g.slot_id) as slots,
       array_agg(coalesce(k.chunks, 0) order by g.slot_id) as counts
  from slot_grant g
  join acl_slot a on a.id = g.slot_id and a.redacts is null
  join principal p on p.id = g.principal_id and p.known and p.kind <> all ('{{user,service}}')
  left join counted k on k.slot_id = g.slot_id
 where g.until is null and g.effect = 'allow'
   and not exists (select from slot_grant d
                    where d.slot_id = g.slot_id and d.effect = 'deny' and d.until is null)
 group by 1, 2, 3
 order by 1
"""


@dataclass(frozen=True, slots=True, eq=False)
class Slots:
    """Slots of one classification, ascending (shape (n,), int64), and how many chunks are in
    each."""

    ids: NDArray[np.int64]
    counts: NDArray[np.int64]

    @property
    def chunks(self) -> int:
        return int(self.counts.sum())

    @property
    def packed(self) -> bytes:
        """One bit a slot, in words of 64, as `app.domain.scope.SlotSet` has them."""
        bits = np.zeros((int(self.ids.max(initial=0)) // 64 + 1) * 64, np.uint8)
        bits[self.ids] = 1
        return np.packbits(bits).tobytes()

    def among(self, other: Slots) -> NDArray[np.bool_]:
        """For each of these whether it is one of the others, too."""
        return np.isin(self.ids, other.ids, assume_unique=True)

    def where(self, chosen: NDArray[np.bool_]) -> Slots:
        return Slots(self.ids[chosen], self.counts[chosen])


@dataclass(frozen=True, slots=True, eq=False)
class Audience:
    """An audience whose index is kept; `name` is its principal as an ACL has it. `slots` are
    exactly those that the index is over, `packed` the same as bits; `state` is ready, building or
    ending."""

    id: int
    principal_id: int
    name: str
    classification: str
    state: str
    slots: Slots
    packed: bytes

    @property
    def index(self) -> str:
        return index_name(self.id)


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """What everybody who holds a principal may read of a classification now; `name` as an ACL has
    it."""

    principal_id: int
    name: str
    slots: Slots


def index_name(audience_id: int) -> str:
    return f"audience_{audience_id}"


def predicate(packed: bytes) -> sql.Composed:
    """That a row is in these slots, in the only words by which the planner knows the index over
    them. An index has no room for parameters, so the bits are written out."""
    return sql.SQL(
        "slot_id < {space} and get_bit(cast({bits} as bit varying), slot_id) = 1"
    ).format(space=sql.Literal(8 * len(packed)), bits=sql.Literal(f"x{packed.hex()}"))


async def kept_audiences(connection: AppConnection) -> list[Audience]:
    """All that are kept, oldest first."""
    return [
        Audience(
            row.id,
            row.principal_id,
            _name(row),
            row.classification,
            row.state,
            _slots(np.flatnonzero(_bits(row.slots)), row.counts),
            np.packbits(_bits(row.slots)).tobytes(),
        )
        for row in await every(connection, _KEPT)
    ]


async def held_by_all(connection: AppConnection, level: str) -> list[Held]:
    """Each audience of a classification as it is now, with its chunks counted."""
    query = sql.SQL(_HELD).format(chunks=sql.Identifier(f"chunk_{level}"))
    return [
        Held(
            row.principal_id,
            _name(row),
            _slots(row.slots, row.counts),
        )
        for row in await every(connection, query)
    ]


def _name(row: Any) -> str:
    return f"{row.kind}:{row.key}" if row.key else str(row.kind)


def _slots(ids: object, counts: object) -> Slots:
    return Slots(np.asarray(ids, np.int64), np.asarray(counts, np.int64))


def _bits(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode(), np.uint8) - ord("0")
