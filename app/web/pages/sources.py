"""The page of connector owners: what is indexed, what is wrong, sync now."""

from __future__ import annotations

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from app.catalog.jobs import change_sync, start_sync
from app.catalog.overview import overview
from app.catalog.sources import get_source
from app.domain.record import AuditRecord
from app.domain.source import SyncChange
from app.web.pages.rendering import page
from app.web.services import Caller, Wired


@get("/sources")
async def sources(visitor: Caller, services: Wired) -> Template:
    services.policy.require_route(visitor, "sources")
    found = await overview(services.database, visitor)
    busy = any(entry.job and entry.job.state in ("queued", "running") for entry in found)
    return page("sources.html", services, visitor, "/sources", sources=found, busy=busy)


@post("/sources/{source:str}/sync", status_code=200)
async def sync(source: FromPath[str], visitor: Caller, services: Wired) -> Redirect:
    services.policy.require_route(visitor, "sources")
    found = await get_source(services.database, visitor, source)
    await services.queue.wake(await start_sync(services.database, visitor, found))
    return Redirect("/sources")


@post("/sources/{source:str}/sync/{change:str}", status_code=200)
async def change(
    source: FromPath[str], change: FromPath[SyncChange], visitor: Caller, services: Wired
) -> Redirect:
    services.policy.require_route(visitor, "sources")
    found = await get_source(services.database, visitor, source)
    await services.recorder.record(
        AuditRecord.of(visitor, "source", detail={"source": source, "change": f"sync {change}"})
    )
    await services.queue.wake(await change_sync(services.database, visitor, found, change))
    return Redirect("/sources")
