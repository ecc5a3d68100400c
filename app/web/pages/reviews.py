"""The page of classifications that somebody should look at, and of what people decided."""

from __future__ import annotations

from litestar import get, post
from litestar.params import URLEncodedBody
from litestar.response import Redirect, Template

from app.catalog.decisions import list_decisions, list_reviews
from app.domain.principal import Role
from app.web import reviewing
from app.web.pages.rendering import page
from app.web.services import Caller, Wired

Form = URLEncodedBody[dict[str, str]]
HERE = "/reviews"


@get(HERE)
async def reviews(visitor: Caller, services: Wired) -> Template:
    services.policy.require_route(visitor, "decisions")
    return page(
        "reviews.html", services, visitor, HERE, levels=services.levels,
        reviews=await list_reviews(services.database, visitor),
        decisions=await list_decisions(services.database, visitor),
        manages=visitor.role is not Role.COMPLIANCE,
    )  # fmt: skip


@post(HERE + "/decide", status_code=200)
async def decide(data: Form, visitor: Caller, services: Wired) -> Redirect:
    said = [data.get(name, "") for name in ("source", "document", "classification", "reason")]
    await reviewing.decide(services, visitor, *said)
    return Redirect(HERE)


@post(HERE + "/agree", status_code=200)
async def agree(data: Form, visitor: Caller, services: Wired) -> Redirect:
    said = [data.get(name, "") for name in ("source", "document", "classification")]
    await reviewing.agree(services, visitor, *said)
    return Redirect(HERE)


@post(HERE + "/undo", status_code=200)
async def undo(data: Form, visitor: Caller, services: Wired) -> Redirect:
    await reviewing.undo(services, visitor, data.get("source", ""), data.get("document", ""))
    return Redirect(HERE)
