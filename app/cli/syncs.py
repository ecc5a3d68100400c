"""`portcullis source sync`, and what is done to a sync."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from app.cli.operator import on_record
from app.cli.settings import DataDir, settings_from, with_parts
from app.errors import PortcullisError

if TYPE_CHECKING:
    from app.compose import Parts
    from app.domain.source import Job
    from app.settings import Settings

PATIENCE_SECONDS = 20.0
"""So long a job may wait for a worker before somebody is asked to look."""


def sync(
    key: str,
    wait: Annotated[bool, typer.Option(help="Show progress until it is done.")] = True,
    acls_only: Annotated[bool, typer.Option("--acls-only", help="Read no content.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Read a source again. Without a running worker it is done right here."""
    from app.catalog.jobs import start_sync
    from app.catalog.sources import get_source

    settings = settings_from(data_dir)
    here = no_worker_runs(settings)

    async def work(parts: Parts) -> None:
        source = await get_source(parts.database, None, key)
        async with on_record(parts.recorder, "source", source=key, change="sync"):
            job_id = await start_sync(parts.database, None, source, acls_only=acls_only)
        worker = worker_for(parts, job_id) if here else None
        if worker is None:
            await parts.queue.wake(job_id)
        if not wait and worker is None:
            print(f"job {job_id}")
            return
        job = await followed(parts, job_id, worker)
        if job.state == "failed":
            raise PortcullisError(job.message or f"source {key} could not be read")
        if job.state == "paused":
            print(f"the sync is paused; `portcullis source resume {key}` goes on with it")
            return
        outcomes = dict(job.detail.get("outcomes", {}))
        seconds = float(job.detail.get("seconds", 0))
        counts = ", ".join(f"{count} {name}" for name, count in sorted(outcomes.items()))
        print(f"{job.total} document{'' if job.total == 1 else 's'} in {seconds:.1f} s: {counts}")
        stages = dict(job.detail.get("stages", {}))
        whole = sum(stages.values())
        if outcomes.get("embedded") and whole:
            shares = sorted(stages.items(), key=lambda item: -item[1])
            print(
                f"{outcomes['embedded'] / seconds:.1f} documents/s; share of the work: "
                + ", ".join(f"{stage} {time / whole:.0%}" for stage, time in shares)
            )
        if job.message:
            print(job.message)

    with_parts(settings, work)


def pause(key: str, data_dir: DataDir = None) -> None:
    """Stop the sync of a source for now; what it has indexed stays."""
    _change(key, "pause", data_dir)


def resume(key: str, data_dir: DataDir = None) -> None:
    """Go on with a sync that was paused."""
    _change(key, "resume", data_dir)


def cancel(key: str, data_dir: DataDir = None) -> None:
    """End the sync of a source; what it has indexed stays, and the next one does the rest."""
    _change(key, "cancel", data_dir)


def _change(key: str, change: str, data_dir: Path | None) -> None:
    from app.catalog.jobs import change_sync, get_job
    from app.catalog.progress import progress
    from app.catalog.sources import get_source
    from app.domain.source import SyncChange

    async def work(parts: Parts) -> None:
        source = await get_source(parts.database, None, key)
        async with on_record(parts.recorder, "source", source=key, change=f"sync {change}"):
            job_id = await change_sync(parts.database, None, source, SyncChange(change))
        await parts.queue.wake(job_id)
        job = await get_job(parts.database, None, job_id)
        print(f"the sync of {key} is {job.state}: {progress(job)}")

    with_parts(settings_from(data_dir), work)


def no_worker_runs(settings: Settings) -> bool:
    """Whether a job has to be done by this command, since nobody else would."""
    from app.runtime.endpoints import running
    from app.runtime.folders import Folders

    return settings.database_url is None and running(Folders(settings.root)) is None


async def followed(parts: Parts, job_id: UUID, worker: subprocess.Popen[bytes] | None) -> Job:
    """The job once it has ended or is paused; how far it is goes to standard error meanwhile.
    Raises PortcullisError where the worker that was started for it ended without it."""
    from app.catalog.jobs import get_job
    from app.catalog.progress import progress

    shown = ""
    patience = time.monotonic() + PATIENCE_SECONDS
    while True:
        job = await get_job(parts.database, None, job_id)
        line = f"{job.state}: {progress(job)}"
        if line != shown:
            shown = line
            print(line, file=sys.stderr)
        if job.ended or job.state == "paused":
            return job
        if worker is not None and worker.poll() not in (None, 0):
            raise PortcullisError("the worker ended; its message is above")
        if job.state == "queued" and time.monotonic() > patience:
            patience = float("inf")
            print("no worker has taken the job yet; does one run? It is kept", file=sys.stderr)
        await asyncio.sleep(0.3)


def worker_for(parts: Parts, job_id: UUID) -> subprocess.Popen[bytes]:
    """Do the one job in a process beside this one."""
    from app.runtime.environment import child_environment

    print("no worker runs on this data folder; reading the source here", file=sys.stderr)
    return subprocess.Popen(
        [sys.executable, "-m", "ingestion.worker", "--once", str(job_id)],
        env=child_environment(parts.settings, demo=False),
        stdin=subprocess.DEVNULL,
    )
