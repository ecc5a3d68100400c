"""What a page, the API and OpenAI's protocol show of an answer whose document was withdrawn."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.answering.wording import NO_LONGER, WITHDRAWN
from app.authn.tokens import create_token, end_session, list_tokens, revoke_token
from app.runtime.postgres import EmbeddedPostgres
from app.web.identity import COOKIE
from tests.answering.house import QUESTION
from tests.authz.outages import kept_out
from tests.web.desk import LONG, Desk

pytestmark = pytest.mark.integration

QUOTED = "40 EUR"


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
    async with watch.holding(desk.house.reader, "ask", [(desk.house.document, "internal")]) as held:
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


def answers_on(html: str) -> list[str]:
    return re.findall(r'data-answer="([0-9a-f-]+)"', html)


async def withdrawn_of(lines: AsyncIterator[str]) -> dict[str, str]:
    """The next answer that a page is told to take away, and what stands there instead."""
    async with asyncio.timeout(LONG):
        async for line in lines:
            if line.startswith("data: "):
                told: dict[str, str] = json.loads(line.removeprefix("data: "))
                return told
    raise AssertionError("the stream ended")


async def test_a_page_that_stays_open_learns_of_a_withdrawal(
    desk: Desk, figure: Callable[[str, str], None]
) -> None:
    """Of the answer that was just written, and of the same one in its conversation."""
    address = await desk.asked_on_the_page()
    desk.model.go_on.set()
    [answer] = answers_on((await desk.events(address))[-1])
    listed = (await desk.client.get("/chat")).text
    conversation, *_ = re.findall(r'href="(/chat/[0-9a-f-]+)"', listed)
    assert answers_on((await desk.client.get(conversation)).text) == [answer]
    unknown = uuid4()
    async with desk.client.stream(
        "GET", "/chat/answers/withdrawn", params={"answer": [answer, str(unknown)]}
    ) as page:
        lines = page.aiter_lines()
        assert await anext(lines) == ": listening"
        await looked(desk)
        begun = monotonic()
        await desk.house.allow()
        told = await withdrawn_of(lines)
        took = monotonic() - begun
        assert told["answer"] == answer
        only(NO_LONGER, told["html"])
        assert [line async for line in lines if line] == []
    figure("revocation to an open page of a finished answer", f"{took * 1000:.0f} ms")
    later = await desk.client.get("/chat/answers/withdrawn", params={"answer": answer})
    assert NO_LONGER in later.text, "who connects late is told at once"


async def test_a_page_that_stays_open_learns_that_its_session_ended(desk: Desk) -> None:
    address = await desk.asked_on_the_page()
    desk.model.go_on.set()
    [answer] = answers_on((await desk.events(address))[-1])
    async with desk.client.stream(
        "GET", "/chat/answers/withdrawn", params={"answer": answer}
    ) as page:
        lines = page.aiter_lines()
        assert await anext(lines) == ": listening"
        await looked(desk)
        await end_session(desk.house.database, desk.session)
        only(NO_LONGER, (await withdrawn_of(lines))["html"])


async def test_nobody_is_told_of_the_answers_of_others(desk: Desk) -> None:
    address = await desk.asked_on_the_page()
    desk.model.go_on.set()
    [answer] = answers_on((await desk.events(address))[-1])
    stranger = await create_token(desk.house.database, desk.house.stranger, purpose="session")
    desk.client.cookies.set(COOKIE, stranger.token)
    told = await desk.client.get("/chat/answers/withdrawn", params={"answer": answer})
    assert told.text == ": listening\n\n"


async def looked(desk: Desk) -> None:
    """Until the watch has decided on everything that is held."""
    for _ in range(2):
        async with desk.house.answering.watch.holding(
            desk.house.stranger, "ask", [(uuid4(), "internal")]
        ):
            pass


@asynccontextmanager
async def looking(client: httpx.AsyncClient, address: str) -> AsyncIterator[AsyncIterator[str]]:
    """The lines of an answer that is being written, after the quoted words were shown."""
    async with client.stream("GET", address) as page:
        lines = page.aiter_lines()
        async for line in lines:
            if QUOTED in line:
                break
        yield lines


async def test_signing_out_ends_what_a_page_is_told(
    desk: Desk, figure: Callable[[str, str], None]
) -> None:
    """Of the session that signs out, and of no other of the same account."""
    address = await desk.asked_on_the_page()
    other = (await create_token(desk.house.database, desk.house.reader, purpose="session")).token
    async with (
        httpx.AsyncClient(
            base_url=desk.client.base_url, timeout=LONG, cookies={COOKIE: other}
        ) as elsewhere,
        looking(desk.client, address) as mine,
    ):
        async with looking(elsewhere, address) as lines:
            begun = monotonic()
            await end_session(desk.house.database, other)
            rest = "\n".join([line async for line in lines])
            took = monotonic() - begun
        *_, last, done = rest.strip().split("\n\n")
        only(WITHDRAWN, last)
        assert done == "event: done\ndata: end"
        assert took < 1.0
        figure("sign-out to the end of an open stream", f"{took * 1000:.0f} ms")
        assert not desk.model.left.is_set(), "the session that asked is another one"

        await end_session(desk.house.database, desk.session)
        async with asyncio.timeout(1.0):
            await desk.model.left.wait()
            rest = "\n".join([line async for line in mine])
    only(WITHDRAWN, rest)


STREAMS: dict[str, dict[str, Any]] = {
    "/api/v1/ask": {"question": QUESTION},
    "/v1/chat/completions": {
        "model": "portcullis",
        "messages": [{"role": "user", "content": QUESTION}],
    },
}


@pytest.mark.parametrize("path", STREAMS)
async def test_revoking_a_token_ends_the_stream_that_it_opened(
    desk: Desk, path: str, figure: Callable[[str, str], None]
) -> None:
    asking = desk.posted(path, {**STREAMS[path], "stream": True})
    await asyncio.wait_for(desk.model.asked.wait(), LONG)
    *_, token = await list_tokens(desk.house.database, desk.house.reader.email)
    begun = monotonic()
    await revoke_token(desk.house.database, token.id)
    answer = await asyncio.wait_for(asking, LONG)
    took = monotonic() - begun
    assert WITHDRAWN in answer.text
    assert took < 1.0
    figure(f"revoked token to the end of {path}", f"{took * 1000:.0f} ms")
