"""The page of connector owners: what is indexed, what is wrong, sync now."""

from __future__ import annotations

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from app.catalog.jobs import start_sync
from app.catalog.overview import overview
from app.catalog.sources import get_source
from app.web.pages.rendering import page
from app.web.services import Caller, Wired


@get("/sources")
async def sources(visitor: Caller, services: Wired) -> Template:
    services.policy.require_route(visitor, "sources")
    found = await overview(services.database, visitor)
    busy = any(entry.job is not None and not entry.job.ended for entry in found)
    return page("sources.html", services, visitor, "/sources", sources=found, busy=busy)


@post("/sources/{source:str}/sync", status_code=200)
async def sync(source: FromPath[str], visitor: Caller, services: Wired) -> Redirect:
    services.policy.require_route(visitor, "sources")
    found = await get_source(services.database, visitor, source)
    await services.queue.wake(await start_sync(services.database, visitor, found))
    return Redirect("/sources")
