"""Answer whether documents stand as their sources say at this moment, to those who are about to
show them (`app.authz.live`).

What a source says is applied before it is told, and only as far as it closes: what it opens waits
for the next sync of ACLs, which is asked for.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog
from sqlalchemy import Row, text

from app.authz.live import CHANNEL, PATIENCE_SECONDS
from app.db.engine import Login
from app.db.notices import notices
from app.errors import ConfigurationError, DatabaseUnavailable
from ingestion.job import JobLedger
from ingestion.problem import DocumentProblem
from ingestion.runner import Runner
from ingestion.source_index import SourceIndex
from ingestion.sources import Connector, SourceUnreadable, Standing

LANES = 4
"""So many documents of one source are asked about at once."""
THREADS = 1_000
"""Those of a source that hangs are not given back, and must not be what others wait for."""
LOOK_SECONDS = 1.0
_CLAIM = text("""
update live_check c set claimed_at = clock_timestamp()
  from document d
 where d.id = c.document_id and c.document_id = any (array(
       select o.document_id from live_check o join document b on b.id = o.document_id
        where o.asked_at > coalesce(o.claimed_at, '-infinity')
          and o.asked_at > clock_timestamp() - make_interval(secs => :seconds)
          and not b.source_id = any (:busy)
        order by o.asked_at for update of o skip locked limit 200))
returning c.document_id, c.claimed_at, d.source_id, d.external_id
""")
_SAY = text("""
update live_check set said_at = :claimed, stands = :stands
 where document_id = :document and (said_at is null or said_at <= :claimed)
""")

_log = structlog.get_logger(__name__)


@dataclass
class LiveAnswers:
    """Runs beside the jobs of a worker. A source that does not answer keeps its own documents
    waiting and no others."""

    runner: Runner
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _busy: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    _threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(THREADS, "live")
    )

    async def run(self) -> None:
        """Until it is cancelled."""
        listening = asyncio.create_task(self._listen())
        try:
            while True:
                try:
                    await self.look()
                except DatabaseUnavailable:
                    await asyncio.sleep(LOOK_SECONDS)
                # `wait_for` would lose a cancel that comes as something wakes it (Python 3.11)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._woken.wait()
                self._woken.clear()
        finally:
            for task in (listening, *self._busy.values()):
                task.cancel()
            self._threads.shutdown(wait=False, cancel_futures=True)

    async def look(self) -> None:
        """Begin to ask about what waits, of all sources that are not being asked already."""
        parameters = {"busy": list(self._busy), "seconds": PATIENCE_SECONDS}
        async with self.runner.database.ingest() as connection:
            rows = list(await connection.execute(_CLAIM, parameters))
        by_source: dict[int, list[Row[Any]]] = defaultdict(list)
        for row in rows:
            by_source[row.source_id].append(row)
        for source_id, asked in by_source.items():
            self._busy[source_id] = task = asyncio.create_task(self._answer(source_id, asked))
            task.add_done_callback(partial(self._free, source_id))

    async def settled(self) -> None:
        """When all that was begun has been answered."""
        while self._busy:
            await asyncio.gather(*self._busy.values(), return_exceptions=True)

    def _free(self, source_id: int, task: asyncio.Task[None]) -> None:
        self._busy.pop(source_id, None)
        self._woken.set()

    async def _listen(self) -> None:
        while True:
            try:
                async for _ in notices(self.runner.database, Login.INGEST, CHANNEL):
                    self._woken.set()
            except DatabaseUnavailable:
                await asyncio.sleep(LOOK_SECONDS)

    async def _answer(self, source_id: int, asked: Sequence[Row[Any]]) -> None:
        lanes = [asked[lane::LANES] for lane in range(min(LANES, len(asked)))]
        try:
            async with asyncio.TaskGroup() as tasks:
                for lane in lanes:
                    tasks.create_task(self._lane(source_id, lane))
        except* Exception as group:
            # what was not said counts as a no; the messages may be the source's words
            _log.warning("live_check_broke", kinds=[type(e).__name__ for e in group.exceptions])

    async def _lane(self, source_id: int, asked: Sequence[Row[Any]]) -> None:
        """One after another, by a connector of its own."""
        try:
            source, reader = await self.runner.reader(source_id)
        except (SourceUnreadable, ConfigurationError):
            await self._say_all(asked)
            return
        index = self.runner.index_of(source)
        for row in asked:
            await self._say(row, await self._stands(index, reader, row))

    async def _stands(self, index: SourceIndex, reader: Connector, row: Row[Any]) -> bool:
        loop = asyncio.get_running_loop()
        try:
            standing = await loop.run_in_executor(self._threads, reader.verify, row.external_id)
        except (SourceUnreadable, DocumentProblem):
            return False
        return await self._applied(index, row, standing)

    async def _applied(self, index: SourceIndex, row: Row[Any], standing: Standing | None) -> bool:
        """Whether the document stands here where its source says, once what closes it holds."""
        stands, closed = await index.close_to(row.document_id, standing)
        if closed or not stands:
            await JobLedger(self.runner.database).ask_for(index.source_id, "permissions")
        return stands

    async def _say(self, row: Row[Any], stands: bool) -> None:
        async with self.runner.database.ingest() as connection:
            parameters = {
                "document": row.document_id, "claimed": row.claimed_at, "stands": stands,
            }  # fmt: skip
            await connection.execute(_SAY, parameters)

    async def _say_all(self, asked: Sequence[Row[Any]]) -> None:
        for row in asked:
            await self._say(row, stands=False)
