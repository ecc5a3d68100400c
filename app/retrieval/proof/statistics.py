"""The planner keeps no values of what documents say: its estimates would tell them to anybody."""

from __future__ import annotations

from sqlalchemy import text

from app.db.engine import AppConnection
from app.retrieval.proof.policies import level_of

WITHOUT_WORDS = ("id", "rendition_id", "document_id", "slot_id", "ordinal", "page", "terms")
"""Columns whose values say nothing of a text, and `terms`: no operator of it is leakproof."""

_KEPT = text("""
select c.relname as name, t.attname as column
  from pg_attribute t join pg_class c on c.oid = t.attrelid
 where c.relnamespace = 'public'::regnamespace and c.relname = any (:names)
   and t.attnum > 0 and not t.attisdropped and t.attname <> all (:without)
   and t.attstattarget is distinct from 0
 order by 1, t.attnum
""")


async def findings(connection: AppConnection, tables: list[str]) -> list[str]:
    """The columns of text that statistics are kept of."""
    wanted = {"names": tables, "without": list(WITHOUT_WORDS)}
    return [
        f"statistics of {row.column} of {row.name} may be kept, and estimates then tell its values;"
        f" as the owner: select keep_no_values('{level_of(row.name)}')"
        for row in await connection.execute(_KEPT, wanted)
    ]
