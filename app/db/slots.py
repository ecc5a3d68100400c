"""The readable slots as every statement about chunks names them: the explicit predicate, which must
agree with what the database derives from the sealed scope."""

from __future__ import annotations

from typing import Any

import numpy as np
from psycopg import sql

from app.db.arrays import Integers
from app.domain.scope import Scope


def predicate(scope: Scope) -> sql.SQL:
    """That a row `c` is in a readable slot. Named slots let an index find their chunks; many are
    sent as bits, since a long list costs more a row than one bit does."""
    if scope.slots.few is not None:
        return sql.SQL("c.slot_id = any (%(slots)s)")
    return sql.SQL(
        "c.slot_id < %(space)s and get_bit(cast(%(slots)s as bit varying), c.slot_id) = 1"
    )


def parameters(scope: Scope) -> dict[str, Any]:
    """Of the predicate."""
    if scope.slots.few is not None:
        return {"slots": Integers(np.array(scope.slots.few, np.int32))}
    packed = scope.slots.packed
    return {"slots": f"x{packed.hex()}", "space": 8 * len(packed)}
