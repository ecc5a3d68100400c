"""Whether the service lives and can answer, and its figures. Open to everybody on the network,
so nothing here says more than that."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text

from app.errors import Unavailable
from app.web.services import Wired


@get("/healthz", include_in_schema=False)
async def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@get("/readyz", include_in_schema=False)
async def readyz(services: Wired) -> Response[dict[str, Any]]:
    """Postgres answers, is proven to enforce permissions, and the embedding model is loaded. The
    engine is named, but answers lead
    with quotes without it, so it does not count."""
    try:
        async with services.database.app() as connection:
            await connection.execute(text("select 1"))
        database = True
    except Unavailable:
        database = False
    enforced = services.database.enforcement.holds
    ready = database and enforced and services.embedder.loaded
    body = {
        "ready": ready,
        "database": database,
        "enforcement": enforced,
        "embedding": services.embedder.loaded,
        "engine": await services.model.healthy(),
    }
    return Response(body, status_code=200 if ready else 503)


@get("/metrics", include_in_schema=False)
async def metrics() -> Response[bytes]:
    """In Prometheus' text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
