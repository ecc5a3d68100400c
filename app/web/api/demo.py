"""`GET /demo`: whom the sign-in page offers, only with `--demo`."""

from __future__ import annotations

from typing import Any

from litestar import get

from app.errors import NotFound
from app.web.services import Wired


@get("/demo", tags=["demo"])
async def people(services: Wired) -> dict[str, Any]:
    """The demo company's accounts, each with a question worth asking."""
    if not services.demo:
        raise NotFound
    return {
        "people": [
            {"email": p.email, "name": p.name, "role": p.role, "ask": p.ask} for p in services.demo
        ]
    }
