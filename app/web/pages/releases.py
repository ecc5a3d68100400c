"""The pages of releases: what answers now, how far each release is, and deciding about it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect, Template

from app.db.engine import AppConnection
from app.domain.record import AuditRecord
from app.domain.release import Traffic
from app.errors import Conflict, InvalidInput, NotPermitted
from app.releases import register, traffic
from app.releases.listing import listed, named
from app.web import deciding
from app.web.pages.lasting import lasting
from app.web.pages.one_release import about
from app.web.pages.rendering import page
from app.web.services import Caller, Services, Wired

Form = URLEncodedBody[dict[str, str]]
HERE = "/releases"


@get(HERE)
async def releases(visitor: Caller, services: Wired, after: FromQuery[str] = "") -> Template:
    services.policy.require_route(visitor, "releases")
    if after:
        register.require_name(after)
    running = await services.answering.running.release()
    async with services.database.app() as connection:
        now = await traffic.read(connection)
        found, following = await listed(connection, after or None)
        places = await _places(services, connection, now)
        compared = await traffic.counts(connection, now.shadow) if now.shadow else []
    return page(
        "releases.html", services, visitor, HERE, running=running.name, places_now=places,
        compared=compared, found=found, lasting=lasting,
        next=f"{HERE}?after={following}" if following else None,
    )  # fmt: skip


@get(HERE + "/{name:str}")
async def release(name: FromPath[str], visitor: Caller, services: Wired) -> Template:
    services.policy.require_route(visitor, "releases")
    register.require_name(name)
    await services.recorder.record(
        AuditRecord.of(visitor, "release-read", detail={"release": name})
    )
    return await _one(name, visitor, services)


@post(HERE + "/{name:str}/promote", status_code=200)
async def promote(
    name: FromPath[str], data: Form, visitor: Caller, services: Wired
) -> Response[Any]:
    async def work() -> None:
        await deciding.promote(
            services, visitor, name, data.get("to", ""), data.get("share", ""),
            data.get("reason", ""),
        )  # fmt: skip

    services.policy.require_route(visitor, "promote")
    return await _decided(name, visitor, services, work)


@post(HERE + "/{name:str}/approve", status_code=200)
async def approve(
    name: FromPath[str], data: Form, visitor: Caller, services: Wired
) -> Response[Any]:
    async def work() -> None:
        await deciding.approve(services, visitor, name, data.get("to", ""), data.get("reason", ""))

    services.policy.require_route(visitor, "releases")
    return await _decided(name, visitor, services, work)


@post(HERE + "/{name:str}/rollback", status_code=200)
async def roll_back(
    name: FromPath[str], data: Form, visitor: Caller, services: Wired
) -> Response[Any]:
    async def work() -> None:
        await deciding.rollback(services, visitor, name, data.get("reason", ""))

    services.policy.require_route(visitor, "promote")
    return await _decided(name, visitor, services, work)


async def _decided(
    name: str, visitor: Caller, services: Wired, work: Callable[[], Awaitable[None]]
) -> Response[Any]:
    """Back to the release; or, where it was refused, its page with the sentence that says why."""
    try:
        await work()
    except (Conflict, InvalidInput, NotPermitted) as error:
        return await _one(name, visitor, services, error.message, error.status)
    return Redirect(f"{HERE}/{name}")


async def _one(
    name: str, visitor: Caller, services: Services, problem: str = "", status: int = 200
) -> Template:
    lifecycle = await services.lifecycle()
    async with services.database.app() as connection:
        context = await about(connection, name, lifecycle, visitor)
    return page(
        "release.html", services, visitor, HERE, status=status, problem=problem, lasting=lasting,
        may_promote=services.policy.may_use(visitor, "promote"), **context,
    )  # fmt: skip


async def _places(
    services: Services, connection: AppConnection, now: Traffic
) -> list[dict[str, Any]]:
    """What is in production, canary and shadow, and why this process cannot serve it, if so."""
    at = {"production": now.production, "canary": now.canary, "shadow": now.shadow}
    known = await named(connection, [name for name in at.values() if name])
    return [
        {
            "place": place,
            "release": known[name] if name else None,
            "share": now.share if place == "canary" else None,
            "unfit": (
                await services.answering.unfit((await register.find(connection, name)).release)
                if name
                else ""
            ),
        }
        for place, name in at.items()
    ]
