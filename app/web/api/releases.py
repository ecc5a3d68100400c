"""`GET /releases`: what answers depend on, for admins and compliance staff."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from app.domain.record import AuditRecord
from app.releases import register
from app.releases.shown import overview, whole
from app.web.services import Caller, Wired


@get("/releases", tags=["releases"])
async def list_all(account: Caller, services: Wired) -> Response[dict[str, Any]]:
    """The releases, newest first, with which of them answer, and the one that runs here."""
    services.policy.require_route(account, "releases")
    running = await services.answering.running.release()
    async with services.database.app() as connection:
        body = await overview(connection, await register.list_all(connection), running.name)
    return Response(body, headers={"Cache-Control": "no-store"})


@get("/releases/{name:str}", tags=["releases"])
async def show(name: FromPath[str], account: Caller, services: Wired) -> Response[dict[str, Any]]:
    """One release: all that it pins, its signature, its gate reports and its way. Policies are
    among what it pins, so looking is on record."""
    services.policy.require_route(account, "releases")
    await services.recorder.record(
        AuditRecord.of(account, "release-read", detail={"release": name[:40]})
    )
    async with services.database.app() as connection:
        body = await whole(connection, name, services.answering.running.signer)
    return Response(body, headers={"Cache-Control": "no-store"})
