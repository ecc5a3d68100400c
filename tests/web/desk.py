"""The running service with a slow model, and who asks it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from litestar import Litestar
from pydantic import SecretStr

from app.authn.tokens import create_token
from app.compose import compose
from app.main import create_app
from app.settings import Settings
from app.web.identity import COOKIE
from evals.ground.slow_model import SlowModel, slow_model
from tests.answering.house import QUESTION, House, furnish
from tests.answering.passages import HashingEmbedder
from tests.conftest import SECRET

LONG = 20.0
"""Seconds after which something that must come is late; it comes in a moment."""


class Quick(HashingEmbedder):
    """Real vectors without a model to load."""

    loaded = True

    def load(self) -> None:
        """Nothing to do."""


@dataclass
class Desk:
    """The service with a slow model, and who asks it: with a session and with a token."""

    client: httpx.AsyncClient
    house: House
    model: SlowModel
    token: str
    session: str

    async def asked_on_the_page(self) -> str:
        """Ask; the address of the answer's events, once the model is waited for."""
        answer = await self.client.post(
            "/chat", data={"question": QUESTION},
            headers={"hx-request": "true", "sec-fetch-site": "same-origin"},
        )  # fmt: skip
        found = re.search(r'connect="(/chat/answers/[^"]+)"', answer.text)
        assert found, answer.text
        await asyncio.wait_for(self.model.asked.wait(), LONG)
        return found[1]

    async def events(self, address: str) -> list[str]:
        """The HTML of every version, until the stream ends by itself."""
        answer = await self.client.get(address)
        assert answer.status_code == 200
        assert answer.text.endswith("event: done\ndata: end\n\n")
        return [
            "\n".join(line.removeprefix("data: ") for line in event.splitlines())
            for event in answer.text.split("\n\n")[:-2]
        ]

    def posted(self, path: str, body: dict[str, Any]) -> asyncio.Task[httpx.Response]:
        headers = {"Authorization": f"Bearer {self.token}"}
        return asyncio.create_task(self.client.post(path, json=body, headers=headers))


@asynccontextmanager
async def served(app: Litestar) -> AsyncIterator[str]:
    """The address of the running service: streams come as they are sent."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    running = asyncio.create_task(server.serve())
    async with asyncio.timeout(LONG):
        while not server.started:  # noqa: ASYNC110 - it has nothing to wait for
            await asyncio.sleep(0.01)
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    yield f"http://{host}:{port}"
    server.should_exit = True
    await running


@asynccontextmanager
async def open_desk(owner_url: str, levels: Sequence[str], data_dir: Path) -> AsyncIterator[Desk]:
    """On this database, for as long as the block lasts."""
    async with slow_model() as model:
        parts = compose(
            Settings(
                data_dir=data_dir, database_url=SecretStr(owner_url), secret_key=SecretStr(SECRET),
                queue_url=SecretStr("redis://127.0.0.1:9/0"), chat_url=model.url,
            )
        )  # fmt: skip
        quick: Any = Quick()
        searcher = replace(parts.searcher, embedder=quick)
        answering = replace(parts.answering, searcher=searcher, embedder=quick)
        parts = replace(parts, embedder=quick, searcher=searcher, answering=answering)
        house = await furnish(parts.database, levels, answering)
        token = (await create_token(parts.database, house.reader)).token
        session = (await create_token(parts.database, house.reader, purpose="session")).token
        async with (
            served(create_app(parts)) as address,
            httpx.AsyncClient(base_url=address, timeout=LONG, cookies={COOKIE: session}) as client,
        ):
            yield Desk(client, house, model, token, session)
