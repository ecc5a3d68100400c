"""The worker's two ears: Valkey tells it at once, and Postgres tells it anyway."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import UUID

import pytest

from app.catalog.queue import ArqQueue
from app.domain.principal import Account
from app.runtime.folders import Folders
from app.runtime.supervisor import Supervisor
from app.runtime.valkey import EmbeddedValkey
from ingestion import worker
from tests.ingestion.world import World, document

pytestmark = pytest.mark.integration


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[tuple[Supervisor, EmbeddedValkey]]:
    """A server that the test may stop."""
    folders = Folders(tmp_path / "v")
    folders.make()
    supervisor = Supervisor(folders, say=lambda line: None)
    server = EmbeddedValkey(folders)
    supervisor.start(server)
    supervisor.wait([server], seconds=30)
    yield supervisor, server
    supervisor.stop()


@pytest.fixture
async def queue(
    world: World, own_valkey: tuple[Supervisor, EmbeddedValkey], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[ArqQueue]:
    """The queue that a worker listens to, which looks for itself once a minute."""
    monkeypatch.setattr(worker, "LOOK_SECONDS", 60.0)
    monkeypatch.setattr(worker, "RECONNECT_SECONDS", 0.2)
    url = own_valkey[1].url
    woken = asyncio.Event()
    tasks = [
        asyncio.create_task(worker._serve(world.runner, "ingest", 0, woken)),
        asyncio.create_task(worker._listen(url, (woken,))),
    ]
    queue = ArqQueue(url)
    yield queue
    await queue.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def ended(world: World, job: UUID, seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if (await world.job(job)).ended:
            return True
        await asyncio.sleep(0.05)
    return False


async def test_the_queue_wakes_the_worker(world: World, queue: ArqQueue, ada: Account) -> None:
    await asyncio.sleep(1)  # its first look is over
    job = await world.push(document("a", allow=["everyone"]), run=False)
    await queue.wake(job)
    assert await ended(world, job)
    assert set(await world.reads(ada)) == {"a"}


async def test_without_a_queue_jobs_are_done_and_afterwards_it_wakes_again(
    world: World,
    queue: ArqQueue,
    own_valkey: tuple[Supervisor, EmbeddedValkey],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    supervisor, server = own_valkey
    await asyncio.sleep(1)
    supervisor.stop()
    job = await world.push(document("a", allow=["everyone"]), run=False)
    await queue.wake(job)
    assert not await ended(world, job, seconds=1)
    monkeypatch.setattr(worker, "LOOK_SECONDS", 0.2)
    restarted = asyncio.create_task(
        worker._serve(world.runner, "ingest", 0, asyncio.Event())
    )  # another worker, which looks often
    assert await ended(world, job)
    restarted.cancel()
    monkeypatch.setattr(worker, "LOOK_SECONDS", 60.0)
    supervisor.start(server)
    supervisor.wait([server], seconds=30)
    await asyncio.sleep(4)
    later = await world.push(document("b", allow=["everyone"]), run=False)
    await queue.wake(later)
    assert await ended(world, later)
