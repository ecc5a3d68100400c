"""What is counted for Prometheus: few labels, none of which names a person or a document."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import Counter, Gauge, Histogram

from app.db.enforcement import Enforcement

REQUESTS = Counter("portcullis_requests", "Requests answered", ["area", "status"])
SECONDS = Histogram("portcullis_request_seconds", "Seconds until the answer began", ["area"])
PROVEN = Gauge(
    "portcullis_enforcement_proven", "1 while the database is proven to enforce the scope"
)
_AREAS = ("ask", "search", "chat", "documents", "sources", "audit", "static")


def show_enforcement(enforcement: Enforcement) -> None:
    """Let the gauge follow what the last proof found."""
    PROVEN.set_function(lambda: float(enforcement.holds))


def count_requests(app: ASGIApp) -> ASGIApp:
    """Middleware: counts and times every request by its area."""

    async def counted(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        began = perf_counter()
        area = next((a for a in _AREAS if f"/{a}" in scope["path"]), "other")

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                status: Any = message["status"]
                REQUESTS.labels(area, f"{status // 100}xx").inc()
                SECONDS.labels(area).observe(perf_counter() - began)
            await send(message)

        await app(scope, receive, watch)

    return counted
