"""`GET /jobs/{id}`: how far a job is."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from litestar import get
from litestar.params import FromPath

from app.catalog.jobs import get_job
from app.catalog.secrets import SourceSecrets
from app.domain.source import Job
from app.web.services import Caller, Wired


def samples(job: Job, secrets: SourceSecrets) -> dict[str, Any]:
    """The samples of a preview that has come so far."""
    sealed = job.detail.get("samples")
    opened = secrets.opened(job.source_id, sealed) if sealed else None
    return {"samples": json.loads(opened)} if opened else {}


@get("/jobs/{job_id:uuid}", tags=["sources"])
async def job(job_id: FromPath[UUID], account: Caller, services: Wired) -> dict[str, Any]:
    """State and progress; only who may manage the source sees its jobs."""
    services.policy.require_route(account, "sources")
    return shown(await get_job(services.database, account, job_id), services.source_secrets)


def shown(job: Job, secrets: SourceSecrets) -> dict[str, Any]:
    """A job as the API and the command line tell it; samples of a preview are opened."""
    return {
        "id": str(job.id),
        "kind": job.kind,
        "source": job.source,
        "state": job.state,
        "total": job.total,
        "done": job.done,
        "failed": job.failed,
        "quarantined": job.quarantined,
        "rate": round(job.rate, 3) if job.rate is not None else None,
        "seconds_left": round(job.seconds_left) if job.seconds_left is not None else None,
        "message": job.message,
        "detail": {**job.detail, **samples(job, secrets)},
        "started_at": job.started_at.isoformat() if job.started_at else None,
        "finished_at": job.finished_at.isoformat() if job.finished_at else None,
    }
