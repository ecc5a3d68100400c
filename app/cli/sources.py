"""`portcullis source`."""

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
from app.cli.settings import Books, DataDir, settings_from, with_books, with_parts
from app.cli.tables import table, visible
from app.errors import PortcullisError

if TYPE_CHECKING:
    from app.compose import Parts

app = typer.Typer(no_args_is_help=True)

PATIENCE_SECONDS = 20.0
"""So long a job may wait for a worker before somebody is asked to look."""


@app.command()
def add(
    key: str,
    path: Annotated[Path | None, typer.Option(help="Folder of a filesystem source.")] = None,
    kind: Annotated[str, typer.Option(help="filesystem or push.")] = "filesystem",
    floor: Annotated[str, typer.Option(help="Every document is at least this strict.")] = "public",
    owner: Annotated[str | None, typer.Option(help="E-mail of who manages it.")] = None,
    base_url: Annotated[str, typer.Option(help="What citations link documents to.")] = "",
    data_dir: DataDir = None,
) -> None:
    """Register a source, or change the one with this key."""
    from app.catalog.sources import register

    config = {"path": str(path.expanduser().resolve())} if path is not None else {}
    if path is not None and not Path(config["path"]).is_dir():
        print(f"{config['path']} is no folder here; it must be one for the worker", file=sys.stderr)
    if base_url:
        config["base_url"] = base_url

    async def work(parts: Parts) -> None:
        async with on_record(parts.recorder, "source", source=key, change="put"):
            source = await register(
                parts.database, None, key=key, kind=kind, config=config,
                classification_floor=floor, owner=owner, levels=parts.levels,
            )  # fmt: skip
        print(f"source {source.key} is registered; `portcullis source sync {source.key}` reads it")

    with_parts(settings_from(data_dir), work)


@app.command("list")
def list_all(data_dir: DataDir = None) -> None:
    """List the sources with their counts and open problems."""
    from app.catalog.overview import overview

    async def work(parts: Parts) -> None:
        found = await overview(parts.database, None)
        rows = [
            (
                e.source.key,
                e.source.kind,
                f"{e.indexed}/{e.documents}",
                e.source.classification_floor,
                e.source.owner or "",
                e.withheld,
                len(e.problems),
                f"{e.source.synced_at:%Y-%m-%d %H:%M}" if e.source.synced_at else "never",
            )
            for e in found
        ]
        header = (
            "source",
            "kind",
            "indexed",
            "floor",
            "owner",
            "withheld",
            "problems",
            "synced (UTC)",
        )
        print(table(header, rows))
        for entry in found:
            for p in entry.problems:
                print(f"  {entry.source.key}: {visible(p.external_id)}: {p.reason}; {p.advice}")

    with_parts(settings_from(data_dir), work)


@app.command()
def sync(
    key: str,
    wait: Annotated[bool, typer.Option(help="Show progress until it is done.")] = True,
    acls_only: Annotated[bool, typer.Option("--acls-only", help="Read no content.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Read a source again. Without a running worker it is done right here."""
    from app.catalog.jobs import get_job, start_sync
    from app.catalog.progress import progress
    from app.catalog.sources import get_source
    from app.runtime.endpoints import running
    from app.runtime.folders import Folders

    settings = settings_from(data_dir)
    here = settings.database_url is None and running(Folders(settings.root)) is None

    async def work(parts: Parts) -> None:
        source = await get_source(parts.database, None, key)
        async with on_record(parts.recorder, "source", source=key, change="sync"):
            job_id = await start_sync(parts.database, None, source, acls_only=acls_only)
        worker = _worker(parts, job_id) if here else None
        if worker is None:
            await parts.queue.wake(job_id)
        if not wait and worker is None:
            print(f"job {job_id}")
            return
        shown = ""
        patience = time.monotonic() + PATIENCE_SECONDS
        while True:
            job = await get_job(parts.database, None, job_id)
            line = f"{job.state}: {progress(job)}"
            if line != shown:
                shown = line
                print(line, file=sys.stderr)
            if job.ended or job.state == "paused":
                break
            if worker is not None and worker.poll() not in (None, 0):
                raise PortcullisError("the worker ended; its message is above")
            if job.state == "queued" and time.monotonic() > patience:
                patience = float("inf")
                print("no worker has taken the job yet; does one run? It is kept", file=sys.stderr)
            await asyncio.sleep(0.3)
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


@app.command()
def pause(key: str, data_dir: DataDir = None) -> None:
    """Stop the sync of a source for now; what it has indexed stays."""
    _change(key, "pause", data_dir)


@app.command()
def resume(key: str, data_dir: DataDir = None) -> None:
    """Go on with a sync that was paused."""
    _change(key, "resume", data_dir)


@app.command()
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


@app.command()
def secret(key: str, data_dir: DataDir = None) -> None:
    """Keep the password or key with which a source is read, from standard input; empty: none."""
    given = sys.stdin.readline().rstrip("\n")

    async def work(parts: Parts) -> None:
        async with on_record(parts.recorder, "source", source=key, change="secret"):
            await parts.source_secrets.put(None, key, given)
        print(f"source {key} {'has its secret' if given else 'has no secret any more'}")

    with_parts(settings_from(data_dir), work)


@app.command()
def confirm(key: str, data_dir: DataDir = None) -> None:
    """Stand by all ACLs of a source as they are: their leases begin anew."""
    from app.catalog.sources import confirm_source

    async def work(books: Books) -> None:
        async with on_record(books.recorder, "source", source=key, change="confirmed"):
            await confirm_source(books.database, None, key)
        print(f"source {key} is confirmed")

    with_books(settings_from(data_dir), work)


@app.command()
def remove(key: str, data_dir: DataDir = None) -> None:
    """Remove a source and everything indexed from it."""
    from app.catalog.sources import remove_source

    async def work(parts: Parts) -> None:
        async with on_record(parts.recorder, "source", source=key, change="removed"):
            await remove_source(parts.database, None, key, parts.levels)
        print(f"source {key} and everything from it are gone")

    with_parts(settings_from(data_dir), work)


def _worker(parts: Parts, job_id: UUID) -> subprocess.Popen[bytes]:
    """Do the one job in a process beside this one."""
    from app.runtime.environment import child_environment

    print("no worker runs on this data folder; reading the source here", file=sys.stderr)
    return subprocess.Popen(
        [sys.executable, "-m", "ingestion.worker", "--once", str(job_id)],
        env=child_environment(parts.settings, demo=False),
        stdin=subprocess.DEVNULL,
    )
