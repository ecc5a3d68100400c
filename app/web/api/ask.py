"""`POST /ask`: an answer with its citations, at once or as server-sent events."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any
from uuid import UUID

from litestar import Response, post
from litestar.params import JSONBody
from litestar.response import Stream

from app.answering.events import AnswerEvent, Delta, Finished, Started
from app.domain.answer import Answer
from app.errors import InvalidInput, PortcullisError
from app.web.api.bodies import AskBody
from app.web.services import Caller, Wired

EVENTS = "text/event-stream"


@post("/ask", status_code=200, tags=["questions"])
async def ask(data: JSONBody[AskBody], account: Caller, services: Wired) -> Response[Any]:
    """Ask as the account. With `stream`, the events are `started`, `delta` with a piece of the
    answer, `finished` with all of it, or `problem`."""
    services.policy.require_route(account, "ask")
    events = services.answering.ask(account, data.question, conversation(data.conversation_id))
    if not data.stream:
        return Response(shown(await finished(events)), headers={"Cache-Control": "no-store"})
    # the first event means that everything was authorised and recorded: errors before it have
    # their own status
    first = await anext(events)
    return Stream(_events(first, events), media_type=EVENTS, headers={"Cache-Control": "no-store"})


async def finished(events: AsyncGenerator[AnswerEvent]) -> Answer:
    """The whole answer of a question's events."""
    async with aclosing(events):
        async for event in events:
            if isinstance(event, Finished):
                return event.answer
    raise PortcullisError


def shown(answer: Answer) -> dict[str, Any]:
    """An answer as the API tells it."""
    return {
        "answer": answer.text,
        "outcome": answer.outcome.value,
        "citations": [
            {
                "number": c.number,
                "chunk_id": str(c.chunk_id),
                "document_id": str(c.document_id),
                "title": c.title,
                "uri": c.uri,
                "heading": c.heading,
                "page": c.page,
                "classification": c.classification,
                "quote": c.quote,
            }
            for c in answer.citations
        ],
        "revision": answer.revision,
        "release": answer.release,
        "audit_id": str(answer.audit_id),
    }


def conversation(stated: str | None) -> UUID | None:
    """Raises InvalidInput."""
    if stated is None:
        return None
    try:
        return UUID(stated)
    except ValueError as error:
        raise InvalidInput("conversation_id is not one of ours") from error


async def _events(first: AnswerEvent, rest: AsyncGenerator[AnswerEvent]) -> AsyncGenerator[str]:
    async with aclosing(rest):
        yield _event(first)
        try:
            async for event in rest:
                yield _event(event)
        except PortcullisError as error:
            yield _line("problem", {"status": error.status, "detail": error.message})


def _event(event: AnswerEvent) -> str:
    match event:
        case Started(audit_id, conversation_id, revision):
            return _line(
                "started",
                {
                    "audit_id": str(audit_id),
                    "conversation_id": str(conversation_id),
                    "revision": revision,
                },
            )
        case Delta(text):
            return _line("delta", {"text": text})
        case Finished(answer):
            return _line("finished", shown(answer))


def _line(name: str, body: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(body)}\n\n"
