"""What a page, the API and OpenAI's protocol show of an answer whose document was withdrawn."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from litestar import Litestar
from pydantic import SecretStr

from app.answering.wording import NO_LONGER, WITHDRAWN
from app.authn.tokens import create_token
from app.compose import compose
from app.main import create_app
from app.runtime.postgres import EmbeddedPostgres
from app.settings import Settings
from app.web.identity import COOKIE
from tests.answering.house import QUESTION, House, furnish
from tests.answering.passages import HashingEmbedder
from tests.answering.slow_model import SlowModel, slow_model
from tests.authz.outages import kept_out
from tests.conftest import SECRET

pytestmark = pytest.mark.integration

LONG = 20.0
"""Seconds after which something that must come is late; it comes in a moment."""
QUOTED = "40 EUR"


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


@pytest.fixture
async def desk(owner_url: str, levels: tuple[str, ...], tmp_path: Path) -> AsyncIterator[Desk]:
    async with slow_model() as model:
        parts = compose(
            Settings(
                data_dir=tmp_path, database_url=SecretStr(owner_url), secret_key=SecretStr(SECRET),
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
            yield Desk(client, house, model, token)


def only(words: str, html: str) -> None:
    """The page says this and nothing of the document."""
    assert words.strip("*") in html
    assert QUOTED not in html
    assert "data-source" not in html
    assert "<blockquote>" not in html


async def test_an_open_page_is_told_at_once_and_shows_nothing_else(desk: Desk) -> None:
    address = await desk.asked_on_the_page()
    async with desk.client.stream("GET", address) as page:
        lines = page.aiter_lines()
        async for line in lines:
            if QUOTED in line:
                break
        await desk.house.allow()
        rest = "\n".join([line async for line in lines])
    *_, last, done = rest.strip().split("\n\n")
    only(WITHDRAWN, last)
    assert done == "event: done\ndata: end"


async def test_a_page_that_comes_later_is_told_the_same(desk: Desk) -> None:
    address = await desk.asked_on_the_page()
    await desk.house.allow()
    await desk.events(address)
    [version] = await desk.events(address)
    only(WITHDRAWN, version)


async def test_an_answer_that_was_whole_is_not_shown_after_a_revocation(desk: Desk) -> None:
    address = await desk.asked_on_the_page()
    desk.model.go_on.set()
    assert QUOTED in (await desk.events(address))[-1]
    assert QUOTED in (await desk.events(address))[-1], "it can be looked at again"
    await desk.house.allow()
    watch = desk.house.answering.watch
    async with watch.holding(desk.house.reader, "ask", [desk.house.document]) as held:
        await held.gone()
    [version] = await desk.events(address)
    only(NO_LONGER, version)


async def test_the_conversation_does_not_show_it_either(desk: Desk) -> None:
    address = await desk.asked_on_the_page()
    await desk.house.allow()
    await desk.events(address)
    listed = (await desk.client.get("/chat")).text
    conversation, *_ = re.findall(r'href="(/chat/[0-9a-f-]+)"', listed)
    only(NO_LONGER, (await desk.client.get(conversation)).text)


async def test_a_stream_of_the_api_ends_with_the_same_words(desk: Desk) -> None:
    asking = desk.posted("/api/v1/ask", {"question": QUESTION, "stream": True})
    await asyncio.wait_for(desk.model.asked.wait(), LONG)
    await desk.house.allow()
    answer = await asyncio.wait_for(asking, LONG)
    *_, closing, finished = answer.text.strip().split("\n\n")
    assert closing.startswith("event: delta\n")
    assert WITHDRAWN in closing
    name, data = finished.split("\n")
    assert name == "event: finished"
    told = json.loads(data.removeprefix("data: "))
    assert (told["answer"], told["citations"]) == (WITHDRAWN, [])
    assert told["outcome"] == "withdrawn"


async def test_an_answer_of_the_api_at_once_holds_nothing_of_it(desk: Desk) -> None:
    asking = desk.posted("/api/v1/ask", {"question": QUESTION})
    await asyncio.wait_for(desk.model.asked.wait(), LONG)
    await desk.house.allow()
    told = (await asyncio.wait_for(asking, LONG)).json()
    assert (told["answer"], told["citations"]) == (WITHDRAWN, [])


async def test_a_stream_of_openais_protocol_ends_as_it_should(desk: Desk) -> None:
    body = {"model": "portcullis", "stream": True}
    asking = desk.posted(
        "/v1/chat/completions", {**body, "messages": [{"role": "user", "content": QUESTION}]}
    )
    await asyncio.wait_for(desk.model.asked.wait(), LONG)
    await desk.house.allow()
    *_, closing, stop, done = (await asyncio.wait_for(asking, LONG)).text.strip().split("\n\n")
    assert WITHDRAWN in closing
    assert '"finish_reason": "stop"' in stop
    assert done == "data: [DONE]"


async def test_a_stream_of_the_api_ends_with_a_problem_when_the_database_is_gone(
    desk: Desk, owner_url: str, postgres: EmbeddedPostgres
) -> None:
    asking = desk.posted("/api/v1/ask", {"question": QUESTION, "stream": True})
    await asyncio.wait_for(desk.model.asked.wait(), LONG)
    with kept_out(postgres, owner_url):
        answer = await asyncio.wait_for(asking, LONG)
    *_, closing, problem = answer.text.strip().split("\n\n")
    assert WITHDRAWN in closing
    assert problem.startswith("event: problem\n")
    assert '"status": 503' in problem
