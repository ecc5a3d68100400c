"""Whatever is killed while documents come, change and go: at the end the index is the source, and
nobody saw half of anything on the way."""

from __future__ import annotations

import asyncio
import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from app.authn.accounts import add_user
from app.catalog.documents import accept
from app.catalog.jobs import get_job, start_sync
from app.catalog.sources import register
from app.compose import Parts, compose
from app.domain.acl import Acl
from app.domain.principal import Account, Role
from app.domain.source import PushedDocument, Source
from app.errors import NotFound, Unavailable
from app.retrieval.proof.canary import DOCUMENT as CANARY
from tests.ingestion.crash.machine import TARGETS, Machine, machine
from tests.ingestion.crash.papers import Papers, version_of, wording

pytestmark = pytest.mark.integration

KILLS = int(os.environ.get("PORTCULLIS_KILLS", "10"))
PAPERS = 30
PAUSE_SECONDS = (0.2, 6.0)
PUSHED = "pushed.md"
_DOCUMENTS = text("select id, external_id, state, chunks from document where source_id = :source")
_ORPHANS = text("select count(*) from job where state in ('queued', 'running', 'paused')")
_WAITING = text("select count(*) from intake where state = 'waiting'")


@pytest.fixture
def machinery() -> Iterator[Machine]:
    with tempfile.TemporaryDirectory(prefix="portcullis-crash-") as root:
        Path(root).chmod(0o711)
        with machine(Path(root) / "data") as made:
            yield made


@dataclass
class House:
    """The machine with two readers, a folder that is synced and a source that is pushed to."""

    machine: Machine
    parts: Parts
    chance: random.Random
    ann: Account
    bob: Account
    folder: Source
    pushed: Source
    papers: Papers
    jobs: list[UUID] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    pushes: int = 0

    async def turn(self) -> None:
        """Change things, ask for them, kill something in the middle, and look."""
        self.machine.wait("postgres")
        self.papers.change()
        await self._ask()
        await asyncio.sleep(self.chance.uniform(*PAUSE_SECONDS))
        await self.look()
        target = self.chance.choice(TARGETS)
        while not self.machine.kill(target, self.chance):
            target = self.chance.choice(TARGETS)
        self.seen[f"{target} killed"] += 1
        self.machine.ensure()
        await self.look()

    async def _ask(self) -> None:
        try:
            self.jobs.append(await start_sync(self.parts.database, None, self.folder))
            self.jobs.append(await self._push())
        except Unavailable:
            self.seen["not accepted"] += 1

    async def _push(self) -> UUID:
        """The next version; it counts as pushed only when it was accepted."""
        version = self.pushes + 1
        content = wording(PUSHED, version).encode()
        document = PushedDocument(
            PUSHED, PUSHED, content, "text/markdown", acl=Acl.parse([self.ann.email], [])
        )
        job = await accept(
            self.parts.database, None, self.pushed, [document],
            levels=self.parts.levels, max_bytes=1_000_000,
        )  # fmt: skip
        self.pushes = version
        return job

    async def look(self) -> None:
        """What either reader sees of a few documents is whole, and only hers is hers."""
        try:
            found = await self.documents(self.folder)
            for name in self.chance.sample(sorted(found), min(4, len(found))):
                for reader in (self.ann, self.bob):
                    shown = await self.shown(reader, found[name])
                    if shown is not None:
                        version_of(name, shown)
                        assert reader is self.ann or not name.startswith("closed/")
                        self.seen["looked at"] += 1
        except Unavailable:
            self.seen["not shown"] += 1

    async def documents(self, source: Source) -> dict[str, UUID]:
        async with self.parts.database.app() as connection:
            rows = await connection.execute(_DOCUMENTS, {"source": source.id})
            return {row.external_id: row.id for row in rows}

    async def shown(self, reader: Account, document_id: UUID) -> str | None:
        try:
            document = await self.parts.search.open(reader, document_id)
        except NotFound:
            return None
        return "\n".join(passage.text for passage in document.passages)

    async def settled(self, seconds: float = 300) -> None:
        """When everything that was asked for has ended."""
        deadline = time.monotonic() + seconds
        while True:
            assert time.monotonic() < deadline, "jobs are still waiting"
            self.machine.ensure()
            try:
                async with self.parts.database.app() as connection:
                    if not await connection.scalar(_ORPHANS):
                        return
            except Unavailable:
                pass
            await asyncio.sleep(0.5)


async def furnished(made: Machine, root: Path, chance: random.Random) -> House:
    made.wait("valkey")
    parts = compose(made.settings)
    await parts.proof.prove()
    ann = await add_user(parts.database, "ann@crash.example", "Ann", Role.EMPLOYEE, None)
    bob = await add_user(parts.database, "bob@crash.example", "Bob", Role.EMPLOYEE, None)
    papers = Papers(root, chance, ann.email)
    papers.begin(PAPERS)

    async def source(key: str, kind: str, config: dict[str, str]) -> Source:
        return await register(
            parts.database, None, key=key, kind=kind, config=config,
            classification_floor="public", owner=None, levels=parts.levels,
        )  # fmt: skip

    folder = await source("papers", "filesystem", {"path": str(root)})
    pushed = await source("pushed", "push", {})
    house = House(made, parts, chance, ann, bob, folder, pushed, papers)
    house.jobs.append(await start_sync(parts.database, None, folder))
    return house


async def test_whatever_is_killed_the_index_becomes_the_source(
    machinery: Machine, tmp_path: Path, figure: Callable[[str, str], None]
) -> None:
    seed = int(os.environ.get("PORTCULLIS_SEED", "20261127"))
    house = await furnished(machinery, tmp_path / "papers", random.Random(seed))
    try:
        await house.settled()
        for _ in range(KILLS):
            await house.turn()
        await house.settled()
        await start_sync(house.parts.database, None, house.folder)
        await house.settled()
        await ended(house)
        await equal(house)
    finally:
        await house.parts.close()
    assert house.seen["looked at"]
    figure("killed while it worked", f"{KILLS} (seed {seed}): {dict(sorted(house.seen.items()))}")


async def ended(house: House) -> None:
    """Every job that was accepted has ended, and what it was given is used up."""
    jobs = [await get_job(house.parts.database, None, job) for job in house.jobs]
    states = Counter(job.state for job in jobs)
    assert states.keys() <= {"done", "failed"}, states
    house.seen += Counter({f"jobs {state}": count for state, count in states.items()})
    house.seen += Counter(f"failed: {job.message}" for job in jobs if job.state == "failed")
    async with house.parts.database.app() as connection:
        assert await connection.scalar(_WAITING) == 0


async def equal(house: House) -> None:
    """Both sources, read through the one door, and counted behind it."""
    found = await house.documents(house.folder)
    assert found.keys() == house.papers.now.keys()
    for name, version in house.papers.now.items():
        shown = await house.shown(house.ann, found[name])
        assert shown is not None and version_of(name, shown) == version
        others = await house.shown(house.bob, found[name])
        assert others == (None if name.startswith("closed/") else shown)
    [pushed] = (await house.documents(house.pushed)).values()
    shown = await house.shown(house.ann, pushed)
    assert shown is not None and version_of(PUSHED, shown) == house.pushes
    assert await house.shown(house.bob, pushed) is None
    await counted(house, {*found.values(), pushed})


async def counted(house: House, expected: set[UUID]) -> None:
    """No chunk is stored twice, and none of what is gone."""
    stored: Counter[UUID] = Counter()
    async with house.parts.database.ingest() as connection:
        for level in house.parts.levels:
            statement = text(f"select document_id from chunk_{level}")  # noqa: S608  ours
            stored.update(await connection.scalars(statement))
        rows = list(await connection.execute(text("select id, chunks from document")))
    del stored[CANARY]  # the proof's own
    assert stored == {row.id: row.chunks for row in rows if row.chunks}
    assert stored.keys() == expected
