"""A person at the door: requests with their token or browser, and all that comes back."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import perf_counter
from urllib.parse import unquote

import httpx

from app.authn.tokens import create_token
from app.web.identity import COOKIE
from evals.ground.parrot import Parrot
from evals.ground.platform import SECONDS, Platform


@dataclass(frozen=True, slots=True)
class Call:
    """One request, `path` from the root on. With a `form`, or as a `page`, a browser sends it;
    otherwise a program."""

    method: str
    path: str
    body: Mapping[str, object] | None = None
    form: Mapping[str, str] | None = None
    page: bool = False

    @property
    def words(self) -> str:
        """All that the person wrote into it: to hear that again tells them nothing."""
        said = json.dumps([self.body, self.form], ensure_ascii=False)
        return f"{unquote(self.path)} {said}"


@dataclass(frozen=True, slots=True)
class Reply:
    """`text` is what the client got, after redirects; `prompts` is what the engine was sent
    meanwhile."""

    status: int
    headers: Mapping[str, str]
    text: str
    prompts: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class Visitor:
    """One person at one platform. Only one of all visitors may wait for a reply at a time: the
    engine does not know for whom it is asked."""

    email: str
    bird: Parrot
    program: httpx.AsyncClient
    browser: httpx.AsyncClient

    async def send(self, call: Call) -> Reply:
        client = self.browser if call.page or call.form is not None else self.program
        self.bird.prompts.clear()
        began = perf_counter()
        got = await client.request(call.method, call.path, json=call.body, data=call.form)
        seconds = perf_counter() - began
        return Reply(
            got.status_code, dict(got.headers), got.text, tuple(self.bird.prompts), seconds
        )


@asynccontextmanager
async def visiting(house: Platform, email: str, bird: Parrot) -> AsyncIterator[Visitor]:
    """The person, signed in both ways."""
    database, account = house.parts.database, await house.account(email)
    token = (await create_token(database, account)).token
    session = (await create_token(database, account, purpose="session")).token
    async with (
        httpx.AsyncClient(
            base_url=house.url, timeout=SECONDS, headers={"Authorization": f"Bearer {token}"}
        ) as program,
        httpx.AsyncClient(
            base_url=house.url, timeout=SECONDS, cookies={COOKIE: session},
            headers={"Origin": house.url}, follow_redirects=True,
        ) as browser,
    ):  # fmt: skip
        yield Visitor(email, bird, program, browser)
