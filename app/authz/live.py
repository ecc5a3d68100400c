"""Ask sources themselves, at this moment, whether documents stand as they are here.

The worker asks, applies what closes them (`ingestion.live`), and says whether they stand; who may
read them is then decided as ever. No answer in time is a no.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from sqlalchemy import text

from app.db.engine import Database
from app.domain.scope import RenditionRef

CHANNEL = "portcullis_live"
PATIENCE_SECONDS = 2.0
LOOK_SECONDS = 0.03

_READ = text("""
select d.id, clock_timestamp() as now from document d join source s on s.id = d.source_id
 where d.id = any (:documents) and s.kind <> 'push'
""")
_ASK = text("""
insert into live_check (document_id, asked_at)
select id, clock_timestamp() from document where id = any (:documents) order by id
on conflict (document_id) do update set asked_at = excluded.asked_at
""")
_TELL = text(f"notify {CHANNEL}")
_SAID = text("""
select c.document_id, c.stands from live_check c
  join unnest(cast(:documents as uuid[]), cast(:since as timestamptz[])) as t (id, since)
    on t.id = c.document_id
 where c.said_at >= t.since
""")


@dataclass(frozen=True)
class LiveCheck:
    """`windows` says, by classification, how old a source's word may be; those that are not named
    are not asked about, and neither is what others push."""

    database: Database
    windows: Mapping[str, timedelta]
    patience: float = PATIENCE_SECONDS

    async def standing(self, renditions: Iterable[RenditionRef]) -> frozenset[RenditionRef]:
        """Those whose sources stand by their documents, or are not asked about them."""
        asked = frozenset(renditions)
        windows: dict[UUID, timedelta] = {}
        for document, level in asked:
            if level in self.windows:
                windows[document] = min(self.windows[level], windows.get(document, timedelta.max))
        if not windows:
            return asked
        async with self.database.app() as connection:
            rows = list(await connection.execute(_READ, {"documents": list(windows)}))
        since = {row.id: row.now - windows[row.id] for row in rows}
        closed = since.keys() - await self._confirmed(since)
        return frozenset(one for one in asked if one[0] not in closed)

    async def _confirmed(self, since: Mapping[UUID, datetime]) -> frozenset[UUID]:
        """Those whose source has said yes since a time of each."""
        said = await self._said(since)
        open_ = since.keys() - said.keys()
        if open_:
            async with self.database.app() as connection:
                await connection.execute(_ASK, {"documents": list(open_)})
                await connection.execute(_TELL)
        end = monotonic() + self.patience
        while open_ and monotonic() < end:
            await asyncio.sleep(LOOK_SECONDS)
            said |= await self._said({document: since[document] for document in open_})
            open_ = open_ - said.keys()
        return frozenset(document for document, stands in said.items() if stands)

    async def _said(self, since: Mapping[UUID, datetime]) -> dict[UUID, bool]:
        parameters = {"documents": list(since), "since": list(since.values())}
        async with self.database.glance() as connection:
            rows = await connection.execute(_SAID, parameters)
            return {row.document_id: row.stands for row in rows}
