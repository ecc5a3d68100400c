"""A corpus synced into a database through the filesystem connector, as the worker does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.authz.directory import replace_directory
from app.catalog.jobs import get_job, start_sync
from app.catalog.overview import overview
from app.catalog.sources import register
from app.db.engine import Database
from app.domain.source import Job
from app.inference.embed import LocalEmbedder
from app.settings import PROJECT
from ingestion.pool import PreparationPool
from ingestion.runner import Runner
from tests.e2e.corpora import Corpus


@dataclass(frozen=True)
class Indexed:
    """A corpus in a database of its own, with what asks it."""

    database: Database
    corpus: Corpus
    embedder: LocalEmbedder
    job: Job
    again: Job
    problems: Sequence[Any]


async def ingest(database: Database, levels: tuple[str, ...], corpus: Corpus) -> Indexed:
    """Sync the corpus twice through the filesystem connector."""
    async with database.app() as connection:
        await replace_directory(connection, corpus.people, corpus.groups)
    source = await register(
        database, None, key="corpus", kind="filesystem", config={"path": str(corpus.folder)},
        classification_floor="public", owner=None, levels=levels,
    )  # fmt: skip
    embedder = LocalEmbedder()
    embedder.load()
    policies = PROJECT / "policies"
    pool = PreparationPool(policies)
    runner = Runner(database, embedder, policies, levels, 50_000_000, pool)
    jobs = []
    for _ in range(2):
        job_id = await start_sync(database, None, source)
        await runner.run_waiting(job_id)
        jobs.append(await get_job(database, None, job_id))
    pool.close()
    [seen] = await overview(database, None)
    return Indexed(database, corpus, embedder, jobs[0], jobs[1], seen.problems)


def describe(job: Job) -> str:
    seconds, stages = job.detail["seconds"], job.detail["stages"]
    whole = sum(stages.values())
    shares = ", ".join(f"{name} {s / whole:.0%}" for name, s in stages.items())
    return f"{job.total} documents, {job.total / seconds:.1f} documents/s; {shares}"
