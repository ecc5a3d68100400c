"""The page that says why somebody may or may not read a document."""

from __future__ import annotations

from datetime import datetime

from litestar import get
from litestar.params import FromQuery
from litestar.response import Template

from app.domain.explanation import Explanation
from app.errors import InvalidInput, NoLongerKept, NotFound
from app.web.api.explain import explained, require_explain
from app.web.pages.rendering import page
from app.web.services import Caller, Wired


@get("/explain")
async def explain(
    visitor: Caller,
    services: Wired,
    user: FromQuery[str] = "",
    document: FromQuery[str] = "",
    at: FromQuery[str] = "",
) -> Template:
    """An empty form, or one with its answer; `document` is an id or SOURCE:EXTERNAL_ID."""
    require_explain(services, visitor)
    found: Explanation | None = None
    problem = ""
    if user and document:
        try:
            found = await explained(services, visitor, user, document, _time(at))
        except (InvalidInput, NotFound, NoLongerKept) as error:
            problem = error.message
    asked = {"user": user, "document": document, "at": at}
    return page(
        "explain.html", services, visitor, "/explain", found=found, asked=asked, problem=problem
    )


def _time(words: str) -> datetime | None:
    if not words:
        return None
    try:
        return datetime.fromisoformat(words)
    except ValueError as error:
        raise InvalidInput("write a time as 2026-11-24T10:30, in UTC") from error
