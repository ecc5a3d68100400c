"""Releases: what answers depend on, for admins and compliance staff, and what they decide of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from app.domain.record import AuditRecord
from app.releases import register
from app.releases.shown import overview, whole
from app.web import deciding
from app.web.api.bodies import ApprovalBody, PromotionBody, RollbackBody
from app.web.services import Caller, Wired


@get("/releases", tags=["releases"])
async def list_all(account: Caller, services: Wired) -> Response[dict[str, Any]]:
    """The releases, newest first, with which of them answer, and the one that runs here."""
    services.policy.require_route(account, "releases")
    running = await services.answering.register()
    async with services.database.app() as connection:
        body = await overview(connection, await register.list_all(connection), running.name)
    return Response(body, headers={"Cache-Control": "no-store"})


@get("/releases/{name:str}", tags=["releases"])
async def show(name: FromPath[str], account: Caller, services: Wired) -> Response[dict[str, Any]]:
    """One release: all that it pins, its signature, its gate reports and its way. Policies are
    among what it pins, so looking is on record."""
    services.policy.require_route(account, "releases")
    register.require_name(name)
    await services.recorder.record(
        AuditRecord.of(account, "release-read", detail={"release": name})
    )
    async with services.database.app() as connection:
        body = await whole(connection, name, services.answering.running.signer)
    return Response(body, headers={"Cache-Control": "no-store"})


@post("/releases/{name:str}/promotions", status_code=200, tags=["releases"])
async def promote(
    name: FromPath[str], data: JSONBody[PromotionBody], account: Caller, services: Wired
) -> dict[str, Any]:
    """Take a release to a stage, as this account; what answers afterwards. A refusal says what is
    missing; where it is the approval of a second person, the wish is kept for them."""
    now = await deciding.promote(services, account, name, data.to, str(data.share), data.reason)
    return {"release": name, "stage": data.to, "traffic": asdict(now)}


@post("/releases/{name:str}/approvals", status_code=200, tags=["releases"])
async def approve(
    name: FromPath[str], data: JSONBody[ApprovalBody], account: Caller, services: Wired
) -> dict[str, Any]:
    """Agree, as this account, to a promotion that somebody else asked for."""
    await deciding.approve(services, account, name, data.to, data.reason)
    return {"release": name, "approved": data.to}


@post("/releases/{name:str}/rollbacks", status_code=200, tags=["releases"])
async def roll_back(
    name: FromPath[str], data: JSONBody[RollbackBody], account: Caller, services: Wired
) -> dict[str, Any]:
    """Take back this release: the canary, or the shadow where there is none, or what is in
    production. 409 when it is not the one whose turn it is."""
    now = await deciding.rollback(services, account, name, data.reason)
    return {"release": name, "traffic": asdict(now)}
