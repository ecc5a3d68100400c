"""What the connector of a source noted at earlier scans, by names of its own."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from app.db.engine import Database

_LOAD = text("select name, value from source_note where source_id = :source")
_FORGET = text("delete from source_note where source_id = :source and name = any (:names)")
_KEEP = text("""
insert into source_note (source_id, name, value)
select :source, name, value from unnest(cast(:names as text[]), cast(:values as text[]))
       as t (name, value)
 where exists (select from source where id = :source)
on conflict (source_id, name) do update set value = excluded.value
""")


@dataclass(frozen=True)
class Notes:
    """They are no text of documents: addresses, versions, what leads where. They go with the
    source."""

    database: Database

    async def load(self, source_id: int) -> dict[str, str]:
        async with self.database.ingest() as connection:
            rows = await connection.execute(_LOAD, {"source": source_id})
            return {row.name: row.value for row in rows}

    async def save(self, source_id: int, before: dict[str, str], now: dict[str, str]) -> None:
        """Keep what differs between the two."""
        fresh = {name: value for name, value in now.items() if before.get(name) != value}
        gone = [name for name in before if name not in now]
        if not fresh and not gone:
            return
        async with self.database.ingest() as connection:
            await connection.execute(_FORGET, {"source": source_id, "names": gone})
            values = {"names": list(fresh), "values": list(fresh.values())}
            await connection.execute(_KEEP, {"source": source_id, **values})
