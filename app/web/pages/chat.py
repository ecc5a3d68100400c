"""The chat page: ask, watch the answer come, open its sources."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect, Stream, Template

from app.answering.conversations import Exchange
from app.answering.pipeline import PURPOSE
from app.answering.shown import withdrawals
from app.answering.wording import NO_LONGER, WITHDRAWN
from app.domain.principal import Account
from app.errors import NotFound, Withdrawn
from app.web.api.ask import EVENTS, conversation
from app.web.generation import Generation
from app.web.markdown import answer_html
from app.web.pages.rendering import fragment, page
from app.web.services import Caller, Services, Wired

Form = URLEncodedBody[dict[str, str]]


@get(["/chat", "/chat/{conversation_id:uuid}"])
async def chat(
    visitor: Caller, services: Wired, conversation_id: FromPath[UUID | None] = None
) -> Template:
    services.policy.require_route(visitor, "ask")
    exchanges: Sequence[Exchange] = ()
    if conversation_id is not None:
        exchanges = await services.conversations.history(visitor, conversation_id)
    ask = next((p.ask for p in services.demo if p.email == visitor.email), "")
    return page(
        "chat.html",
        services,
        visitor,
        "/chat",
        conversations=await services.conversations.list(visitor),
        conversation_id=conversation_id,
        exchanges=[_shown(exchange) for exchange in exchanges],
        running=[
            g
            for g in services.generations.running.values()
            if not g.ended
            and g.account.principal_id == visitor.principal_id
            and g.conversation_id == conversation_id
            and conversation_id is not None
        ],
        suggestion="" if exchanges else ask,
    )


@post("/chat", status_code=200)
async def ask(
    data: Form, request: Request[Any, Any, Any], visitor: Caller, services: Wired
) -> Response[Any]:
    services.policy.require_route(visitor, "ask")
    question = data.get("question", "")
    stated = conversation(data.get("conversation_id") or None)
    generation = services.generations.start(services.answering, visitor, question, stated)
    if request.headers.get("hx-request"):
        return fragment("fragment_asked.html", generation=generation)
    if generation.task is not None:
        await generation.task
    if generation.conversation_id is None:
        raise NotFound(generation.problem)
    return Redirect(f"/chat/{generation.conversation_id}")


@get("/chat/answers/{generation_id:uuid}/events")
async def events(
    generation_id: FromPath[UUID], request: Request[Any, Any, Any], visitor: Caller, services: Wired
) -> Response[Any]:
    """The answer so far, whenever it grows; whoever comes late gets all of it at once. It ends
    with the session that looks, whichever session asked."""
    generation = services.generations.find(visitor, generation_id)
    return Stream(
        _events(request.app.template_engine, services, visitor, generation),
        media_type=EVENTS,
        headers={"Cache-Control": "no-store"},
    )


@get("/chat/answers/withdrawn")
async def withdrawn(
    visitor: Caller, services: Wired, answer: FromQuery[list[UUID]]
) -> Response[Any]:
    """What to show instead of an answer that a page has, as soon as it may not be shown."""
    answers = await services.conversations.renditions(visitor, answer)
    return Stream(
        _withdrawn(withdrawals(services.answering.watch, visitor, answers)),
        media_type=EVENTS,
        headers={"Cache-Control": "no-store"},
    )


@post("/chat/answers/{generation_id:uuid}/stop", status_code=204)
async def stop(generation_id: FromPath[UUID], visitor: Caller, services: Wired) -> None:
    services.generations.stop(visitor, generation_id)


@post("/chat/{conversation_id:uuid}/remove", status_code=200)
async def remove(conversation_id: FromPath[UUID], visitor: Caller, services: Wired) -> Redirect:
    await services.conversations.remove(visitor, conversation_id)
    return Redirect("/chat")


async def _events(
    engine: Any, services: Services, visitor: Account, generation: Generation
) -> AsyncGenerator[str]:
    async with services.answering.watch.holding(visitor, PURPOSE, ()) as session:
        try:
            async with aclosing(session.guarding(_versions(engine, generation))) as versions:
                async for version in versions:
                    yield version
        except Withdrawn:
            yield _data(answer_html(WITHDRAWN, set()))
    yield "event: done\ndata: end\n\n"


async def _versions(engine: Any, generation: Generation) -> AsyncGenerator[str]:
    async for version in generation.versions():
        yield f"id: {version}\n{_data(_render(engine, generation))}"


async def _withdrawn(answers: AsyncGenerator[UUID | None]) -> AsyncGenerator[str]:
    yield ": listening\n\n"
    async with aclosing(answers):
        async for answer in answers:
            if answer is None:
                yield ": nothing yet\n\n"
                continue
            instead = {"answer": str(answer), "html": answer_html(NO_LONGER, set())}
            yield f"event: withdrawn\n{_data(json.dumps(instead))}"


def _data(html: str) -> str:
    return "".join(f"data: {line}\n" for line in html.splitlines()) + "\n"


def _render(engine: Any, generation: Generation) -> str:
    answer = generation.answer
    citations = answer.citations if answer else ()
    # buttons come with the whole answer; until then the numbers are text
    html = answer_html(generation.text, {c.number for c in citations})
    template = engine.get_template("fragment_answer.html")
    return str(
        template.render(
            html=html, citations=citations, revision=answer.revision if answer else None,
            audit_id=answer.audit_id if answer else None, problem=generation.problem,
            stopped=generation.stopped, working=not generation.ended, hidden=False,
            conversation_id=generation.conversation_id,
        )
    )  # fmt: skip


def _shown(exchange: Exchange) -> dict[str, Any]:
    numbers = {citation.number for citation in exchange.citations}
    return {
        "question": exchange.question,
        "html": answer_html(exchange.answer, numbers),
        "citations": exchange.citations,
        "revision": exchange.revision,
        "audit_id": exchange.audit_id,
        "hidden": exchange.hidden,
    }
