"""Look at every part, one after another."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from app.errors import PortcullisError
from app.runtime.doctor.database import postgres, replica
from app.runtime.doctor.finding import Finding
from app.runtime.doctor.machine import data_folder, engine_installed, python
from app.runtime.doctor.processes import engine, queue, web
from app.runtime.endpoints import running, with_urls
from app.runtime.folders import Folders
from app.runtime.ours import WebService
from app.runtime.postgres import EmbeddedPostgres
from app.runtime.secrets import installation_secret
from app.settings import Settings


async def examine(settings: Settings) -> list[Finding]:
    """Look at every part; never raises, and changes nothing but that the proof of enforcement
    plants its canary where there is none."""
    return await asyncio.to_thread(lambda: list(_findings(settings)))


def _findings(settings: Settings) -> Iterator[Finding]:
    yield python()
    yield engine_installed(settings)
    yield data_folder(settings)
    folders = Folders(settings.root)
    found = None
    try:
        if settings.root.is_dir():
            found = running(folders)
        if settings.database_url is None and settings.root.is_dir():
            embedded = EmbeddedPostgres(folders, installation_secret(settings))
            settings = with_urls(settings, embedded.owner_url, found)
    except (PortcullisError, OSError) as error:
        yield Finding("secrets", False, "", str(error))
        return
    yield from postgres(settings)
    if settings.database_replica_url is not None:
        yield replica(settings)
    yield from queue(settings)
    yield engine(settings)
    url = found.web_url if found else WebService(settings.host, settings.port, {}).url
    yield web(url)
