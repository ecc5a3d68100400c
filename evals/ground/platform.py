"""The product on a database of its own, served on loopback as a user reaches it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import uvicorn
from pydantic import SecretStr

from app.authn.accounts import find_account
from app.authn.tokens import create_token
from app.authz.directory import replace_directory
from app.catalog.documents import accept
from app.catalog.sources import register
from app.compose import Parts, compose
from app.domain.principal import Account
from app.domain.source import PushedDocument, Source
from app.errors import Unavailable
from app.main import create_app
from app.settings import Settings
from evals.ground.company import SOURCE, Company
from evals.ground.ground import Ground
from evals.ground.parrot import MODEL
from ingestion.pool import PreparationPool
from ingestion.runner import Runner

BATCH = 100
SECONDS = 120.0
"""After so long a request has failed."""
KEPT_ALIVE = 600
"""Seconds."""


@dataclass
class Platform:
    """The parts as they were composed, the service at `url`, and the worker that indexes."""

    parts: Parts
    url: str
    runner: Runner
    source: Source
    company: Company
    _clients: dict[str, httpx.AsyncClient] = field(default_factory=dict)

    async def account(self, email: str) -> Account:
        return await find_account(self.parts.database, email)

    async def client(self, email: str) -> httpx.AsyncClient:
        """What asks as this person, below /api/v1; the same one every time."""
        if email not in self._clients:
            token = (await create_token(self.parts.database, await self.account(email))).token
            self._clients[email] = httpx.AsyncClient(
                base_url=f"{self.url}/api/v1", timeout=SECONDS,
                headers={"Authorization": f"Bearer {token}"},
            )  # fmt: skip
        return self._clients[email]

    async def index(self, documents: Iterable[PushedDocument]) -> None:
        """Push them, and have them indexed. Raises Unavailable when one was not."""
        waiting = list(documents)
        for begin in range(0, len(waiting), BATCH):
            job = await accept(
                self.parts.database, None, self.source, waiting[begin : begin + BATCH],
                levels=self.parts.levels, max_bytes=self.parts.max_document_bytes,
            )  # fmt: skip
            await self.runner.run_waiting(job)

    async def close(self) -> None:
        for client in self._clients.values():
            await client.aclose()


@asynccontextmanager
async def platform(
    ground: Ground,
    name: str,
    company: Company,
    chat_url: str,
    chat_model: str = MODEL,
    profile: str = "context",
    chat_key: str = "",
) -> AsyncIterator[Platform]:
    """The company's papers indexed and served; `name` is that of the database, made for it.

    The engine at `chat_url` answers; the parrot's profile is the one that gives a model most.
    """
    ground.scratch.make(name)
    async with serving(ground, name, company, chat_url, chat_model, profile, chat_key) as made:
        async with made.parts.database.app() as connection:
            await replace_directory(connection, company.people, company.groups)
        await made.index(paper.pushed(company.folders[paper.folder]) for paper in company.papers)
        yield made


@asynccontextmanager
async def serving(
    ground: Ground,
    name: str,
    company: Company,
    chat_url: str,
    chat_model: str = MODEL,
    profile: str = "context",
    chat_key: str = "",
) -> AsyncIterator[Platform]:
    """The product on the database of this name, as it is."""
    settings = Settings(
        data_dir=ground.scratch.root / name,
        database_url=SecretStr(ground.scratch.url(name)),
        secret_key=SecretStr(ground.scratch.secret), chat_url=chat_url, chat_model=chat_model,
        chat_profile=profile, chat_api_key=SecretStr(chat_key) if chat_key else None,
        queue_url=SecretStr("redis://127.0.0.1:9/0"), sync_minutes=0,
        permission_minutes=0,
    )  # fmt: skip
    parts = compose(settings)
    parts = replace(
        parts,
        embedder=ground.embedder,
        searcher=(searcher := replace(parts.searcher, embedder=ground.embedder)),
        search=replace(parts.search, searcher=searcher),
        answering=replace(parts.answering, searcher=searcher, embedder=ground.embedder),
    )
    await asyncio.to_thread(ground.embedder.load)
    source = await register(
        parts.database, None, key=SOURCE, kind="push", config={}, classification_floor="public",
        owner=None, levels=parts.levels,
    )  # fmt: skip
    runner = Runner(
        parts.database, ground.embedder, settings.policies, parts.levels,
        parts.max_document_bytes, _pool(ground, settings.policies),
    )  # fmt: skip
    async with _served(parts) as address:
        made = Platform(parts, address, runner, source, company)
        try:
            yield made
        finally:
            await made.close()


def _pool(ground: Ground, policies: Path) -> PreparationPool:
    """One for all platforms of a run: its process takes seconds to load what it prepares with."""
    key = f"pool {policies}"
    if key not in ground.opened:
        ground.opened[key] = made = PreparationPool(policies)
        ground.stack.callback(made.close)
    pool: PreparationPool = ground.opened[key]
    return pool


@asynccontextmanager
async def _served(parts: Parts) -> AsyncIterator[str]:
    """The address of the service; it proves enforcement first, and closes the parts at its end."""
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(parts),
            port=0,
            log_level="warning",
            access_log=False,
            # a client that waits for its turn must not find its connection closed as it asks
            timeout_keep_alive=KEPT_ALIVE,
        )
    )
    running = asyncio.create_task(_until_told(server))
    try:
        async with asyncio.timeout(SECONDS):
            while not server.started:
                if running.done():
                    raise Unavailable("the evaluated service did not start; the log says why")
                await asyncio.sleep(0.01)
        host, port = server.servers[0].sockets[0].getsockname()[:2]
        yield f"http://{host}:{port}"
    finally:  # also where a suite breaks: its database is dropped next
        server.should_exit = True
        await running


async def _until_told(server: uvicorn.Server) -> None:
    """A service that refuses to start ends, and not the program with it."""
    with suppress(SystemExit):
        await server.serve()
