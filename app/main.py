"""The web service: `python -m app.main`."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from datetime import timedelta

import structlog
import uvicorn
from litestar import Litestar

from app.compose import Parts, compose
from app.errors import DatabaseUnavailable, PortcullisError, Unavailable
from app.runtime.part import REFUSED
from app.runtime.show import PASSWORD, Show
from app.settings import Settings
from app.telemetry import configure_logs
from app.web import figures
from app.web.routes import application
from app.web.services import DemoPerson, Services

_log = structlog.get_logger(__name__)


def create_app(parts: Parts) -> Litestar:
    """The application of composed parts. The embedding model loads while it starts, which it
    does only where the database enforces the scope."""
    settings = parts.settings
    serving = parts.serving()
    people = Show.load().people if settings.demo else ()
    services = Services(
        database=parts.database,
        levels=parts.levels,
        policy=parts.policy,
        resolver=parts.resolver,
        search=parts.search,
        embedder=parts.embedder,
        model=parts.model,
        model_name=settings.chat_model,
        answering=serving,
        lifecycle=parts.lifecycle,
        conversations=parts.conversations,
        recorder=parts.recorder,
        attempts=parts.attempts,
        queue=parts.queue,
        source_secrets=parts.source_secrets,
        max_document_bytes=parts.max_document_bytes,
        session=timedelta(hours=settings.session_hours),
        demo=tuple(
            DemoPerson(p["email"], p["name"], p["role"], p["ask"], p.get("note", ""))
            for p in people
        ),
        demo_password=PASSWORD if settings.demo else "",
    )
    figures.show_enforcement(parts.database.enforcement)
    watching: list[asyncio.Task[None]] = []
    loading: list[asyncio.Task[None]] = []
    naming: list[asyncio.Task[None]] = []

    async def prove() -> None:
        watching.append(await parts.proof.begin())

    async def register() -> None:
        """What cannot be named or kept now is named at the first question, which then fails."""
        try:
            await serving.register()
        except PortcullisError as error:
            _log.error("release_not_registered", why=error.message)

    async def start() -> None:
        parts.watch.start()
        naming.append(asyncio.create_task(register()))
        loading.append(asyncio.create_task(asyncio.to_thread(parts.embedder.load)))

    async def close() -> None:
        await services.generations.close()
        await serving.close()
        for task in [*watching, *naming]:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        for task in loading:
            with contextlib.suppress(Exception):
                await task
        await parts.close()

    return application(services, on_startup=[prove, start], on_shutdown=[close])


def main() -> int:
    configure_logs()
    settings = Settings()
    try:
        parts = compose(settings)
        with contextlib.suppress(DatabaseUnavailable):  # it starts closed, and looks again soon
            asyncio.run(parts.proof.prove())
        app = create_app(parts)
    except PortcullisError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1 if isinstance(error, Unavailable) else REFUSED
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,  # the paths of requests are nobody's business
        timeout_graceful_shutdown=5,
        server_header=False,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
