"""Sources: register, list, sync, remove."""

from __future__ import annotations

from typing import Any

from litestar import delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from app.catalog.jobs import change_sync, get_job, start_preview, start_sync
from app.catalog.overview import overview
from app.catalog.sources import confirm_source, get_source, register, remove_source
from app.domain.record import AuditRecord
from app.domain.source import Schedule, Source, SourceOverview, SyncChange
from app.web.api.bodies import SecretBody, SourceBody
from app.web.api.jobs import shown
from app.web.services import Caller, Wired


@put("/sources/{source:str}", tags=["sources"])
async def put_source(
    source: FromPath[str], data: JSONBody[SourceBody], account: Caller, services: Wired
) -> dict[str, Any]:
    """Register a source, or change the one with this key."""
    services.policy.require_route(account, "sources")
    await services.recorder.record(
        AuditRecord.of(account, "source", detail={"source": source, "change": "put"})
    )
    registered = await register(
        services.database,
        account,
        key=source,
        kind=data.kind,
        config=data.config,
        classification_floor=data.classification_floor,
        owner=data.owner,
        levels=services.levels,
        schedule=Schedule(data.sync_minutes, data.permission_minutes),
    )
    return _shown(registered)


@get("/sources", tags=["sources"])
async def list_all(account: Caller, services: Wired) -> dict[str, Any]:
    """The sources that the account may manage, with counts and open problems."""
    services.policy.require_route(account, "sources")
    found = await overview(services.database, account)
    return {"sources": [_overview(entry) for entry in found]}


@post("/sources/{source:str}/sync", status_code=202, tags=["sources"])
async def sync(
    source: FromPath[str], account: Caller, services: Wired, acls_only: FromQuery[bool] = False
) -> dict[str, Any]:
    """Read the source again, or with `?acls_only=true` its ACLs alone; the job says how far."""
    services.policy.require_route(account, "sources")
    found = await get_source(services.database, account, source)
    job = await start_sync(services.database, account, found, acls_only=acls_only)
    await services.queue.wake(job)
    return {"job": str(job)}


@post("/sources/{source:str}/sync/{change:str}", status_code=200, tags=["sources"])
async def change(
    source: FromPath[str], change: FromPath[SyncChange], account: Caller, services: Wired
) -> dict[str, Any]:
    """`pause`, `resume` or `cancel` the source's sync; what it has indexed so far stays."""
    services.policy.require_route(account, "sources")
    found = await get_source(services.database, account, source)
    await services.recorder.record(
        AuditRecord.of(account, "source", detail={"source": source, "change": f"sync {change}"})
    )
    job = await change_sync(services.database, account, found, change)
    await services.queue.wake(job)
    return shown(await get_job(services.database, account, job), services.source_secrets)


@post("/sources/{source:str}/preview", status_code=202, tags=["sources"])
async def preview(source: FromPath[str], account: Caller, services: Wired) -> dict[str, Any]:
    """Look at what the source would become: how many documents, which accounts nobody knows, which
    grants are wide, classifications, and redacted samples. Nothing is indexed; the job says it."""
    services.policy.require_route(account, "sources")
    found = await get_source(services.database, account, source)
    await services.recorder.record(
        AuditRecord.of(account, "source", detail={"source": source, "change": "preview"})
    )
    job = await start_preview(services.database, account, found)
    await services.queue.wake(job)
    return {"job": str(job)}


@put("/sources/{source:str}/secret", status_code=200, tags=["sources"])
async def put_secret(
    source: FromPath[str], data: JSONBody[SecretBody], account: Caller, services: Wired
) -> dict[str, Any]:
    """The password or key with which the source is read; it is never given back, and gone when the
    source's kind or config changes. An empty one removes it."""
    services.policy.require_route(account, "sources")
    await services.recorder.record(
        AuditRecord.of(account, "source", detail={"source": source, "change": "secret"})
    )
    await services.source_secrets.put(account, source, data.secret)
    return {"source": source, "has_secret": bool(data.secret)}


@post("/sources/{source:str}/confirm", status_code=200, tags=["sources"])
async def confirm(source: FromPath[str], account: Caller, services: Wired) -> dict[str, Any]:
    """Stand by all ACLs of the source as they are: their leases begin anew."""
    services.policy.require_route(account, "sources")
    await services.recorder.record(
        AuditRecord.of(account, "source", detail={"source": source, "change": "confirmed"})
    )
    await confirm_source(services.database, account, source)
    return {"source": source}


@delete("/sources/{source:str}", status_code=200, tags=["sources"])
async def remove(source: FromPath[str], account: Caller, services: Wired) -> dict[str, Any]:
    """Remove a source and everything indexed from it."""
    services.policy.require_route(account, "sources")
    await services.recorder.record(
        AuditRecord.of(account, "source", detail={"source": source, "change": "removed"})
    )
    revision = await remove_source(services.database, account, source, services.levels)
    return {"revision": revision}


def _shown(source: Source) -> dict[str, Any]:
    return {
        "source": source.key,
        "kind": source.kind,
        "config": dict(source.config),
        "classification_floor": source.classification_floor,
        "owner": source.owner,
        "has_secret": source.has_secret,
        "sync_minutes": source.schedule.sync_minutes,
        "permission_minutes": source.schedule.permission_minutes,
        "synced_at": source.synced_at.isoformat() if source.synced_at else None,
    }


def _overview(entry: SourceOverview) -> dict[str, Any]:
    return {
        **_shown(entry.source),
        "documents": entry.documents,
        "indexed": entry.indexed,
        "withheld": entry.withheld,
        "job": {"id": str(entry.job.id), "state": entry.job.state} if entry.job else None,
        "problems": [
            {
                "external_id": p.external_id,
                "stage": p.stage,
                "reason": p.reason,
                "advice": p.advice,
                "at": p.at.isoformat(),
            }
            for p in entry.problems
        ],
    }
