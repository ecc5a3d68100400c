"""The worker process: `python -m ingestion.worker`.

Valkey tells it at once that a job waits; Postgres holds the jobs, and it looks there by itself
every few seconds, so a queue that is down only makes it slower.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import structlog
from arq.typing import WorkerCoroutine
from arq.worker import Worker, func
from redis.exceptions import RedisError

from app.authz.levels import load_levels
from app.catalog.queue import TASK, redis_settings
from app.catalog.secrets import SourceSecrets
from app.db.engine import Database
from app.errors import ConfigurationError, Unavailable
from app.inference.embed import LocalEmbedder
from app.runtime.folders import Folders
from app.runtime.secrets import SOURCES, derive, installation_secret, login_passwords
from app.settings import Settings
from app.telemetry import configure_logs
from ingestion.copies import Copies
from ingestion.live import LiveAnswers
from ingestion.pool import PreparationPool
from ingestion.runner import Runner

LOOK_SECONDS = 5.0
"""How often the worker looks for jobs by itself."""
RECONNECT_SECONDS = 5.0

_log = structlog.get_logger(__name__)


def make_runner(settings: Settings) -> Runner:
    """Compose the worker from the settings. Raises ConfigurationError."""
    if settings.database_url is None:
        raise ConfigurationError(
            "the worker needs PORTCULLIS_DATABASE_URL; `portcullis up` sets it"
        )
    policies = Path(settings.policies)
    secret = installation_secret(settings)
    url = settings.database_url.get_secret_value()
    database = Database.connect(url, login_passwords(secret), pool_size=4)
    return Runner(
        database=database,
        embedder=LocalEmbedder(settings.embedding_model),
        policies=policies,
        levels=load_levels(policies),
        max_bytes=settings.max_document_mb * 1_000_000,
        pool=PreparationPool(policies),
        secrets=SourceSecrets(database, derive(secret, SOURCES)),
        copies=Copies(Folders(settings.root).copies),
    )


async def work(settings: Settings, once: UUID | None = None) -> None:
    """Until a signal comes; or only the one job `once`."""
    runner = make_runner(settings)
    try:
        if once is not None:
            await runner.run_waiting(once)
            return
        stopping = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        every = {
            "ingest": None,
            "sync": settings.sync_minutes,
            "permissions": settings.permission_minutes,
            "preview": None,
        }
        woken = {kind: asyncio.Event() for kind in every}
        tasks = [
            asyncio.create_task(_serve(runner, kind, minutes, event))
            for (kind, event), minutes in zip(woken.items(), every.values(), strict=True)
        ]
        if settings.queue_url is not None:
            listening = _listen(settings.queue_url.get_secret_value(), tuple(woken.values()))
            tasks.append(asyncio.create_task(listening))
        ending = asyncio.create_task(stopping.wait())
        tasks.append(asyncio.create_task(LiveAnswers(runner).run()))
        warming = asyncio.create_task(_warm(runner))
        await asyncio.wait([ending, *tasks], return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            if task.done():  # it never ends by itself: let the process end, and be started again
                task.result()
        for task in (*tasks, warming):
            task.cancel()
        await asyncio.gather(*tasks, warming, return_exceptions=True)
    finally:
        runner.pool.close()
        await runner.database.close()


async def _warm(runner: Runner) -> None:
    """Until it is done, and if it fails, documents just wait: jobs say what is wrong."""
    try:
        await runner.warm()
    except ConfigurationError as error:
        _log.error("policies_unusable", reason=error.message)


async def _serve(runner: Runner, kind: str, minutes: int | None, woken: asyncio.Event) -> None:
    """Look for jobs of a kind now, whenever woken, and every few seconds anyway; ask for one of
    each source all so many minutes, 0 for never; None for a kind that only people ask for."""
    while True:
        try:
            if minutes is not None:
                await runner.forget_copies()
                await runner.ask_for_due(kind, minutes)
            await runner.run_waiting(kind=kind)
        except Unavailable as error:
            _log.warning("database_down", kind=type(error).__name__)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await woken.wait()
        woken.clear()


async def _listen(url: str, woken: tuple[asyncio.Event, ...]) -> None:
    """Be woken by the queue; reconnect for as long as it takes."""

    async def wake(context: dict[Any, Any], job_id: str) -> None:
        for event in woken:
            event.set()

    while True:
        worker = None
        try:
            worker = Worker(
                functions=[func(cast(WorkerCoroutine, wake), name=TASK)],
                redis_settings=redis_settings(url),
                handle_signals=False,
                health_check_interval=15,
                keep_result=0,
            )
            await worker.async_run()
        except (RedisError, OSError) as error:
            _log.warning("queue_down", kind=type(error).__name__)
        finally:
            if worker is not None:
                with contextlib.suppress(RedisError, OSError, AttributeError):
                    await worker.close()
        await asyncio.sleep(RECONNECT_SECONDS)


def main() -> int:
    configure_logs()
    once = UUID(sys.argv[2]) if sys.argv[1:2] == ["--once"] else None
    try:
        asyncio.run(work(Settings(), once))
    except (ConfigurationError, Unavailable) as error:
        sys.stderr.write(f"worker: {error.message}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
