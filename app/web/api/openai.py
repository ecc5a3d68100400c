"""`/v1`: any client that speaks OpenAI's protocol asks as its user."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from litestar import Response, get, post
from litestar.params import JSONBody
from litestar.response import Stream

from app.answering.events import AnswerEvent, Delta, Started
from app.errors import InvalidInput, PortcullisError
from app.web.api.ask import EVENTS, finished
from app.web.api.bodies import ChatCompletion, ChatMessage
from app.web.services import Caller, Wired

MODEL = "portcullis"


@get("/models", tags=["openai"])
async def models(account: Caller) -> dict[str, Any]:
    """The one model there is: this platform."""
    return {"object": "list", "data": [{"id": MODEL, "object": "model", "owned_by": MODEL}]}


@post("/chat/completions", status_code=200, tags=["openai"])
async def complete(
    data: JSONBody[ChatCompletion], account: Caller, services: Wired
) -> Response[Any]:
    """Answer the last message of the user, with citations in the text."""
    services.policy.require_route(account, "ask")
    events = services.answering.ask(account, _question(data.messages))
    if data.stream:
        first = await anext(events)
        return Stream(_chunks(first, events), media_type=EVENTS)
    answer = await finished(events)
    return Response(
        {
            "id": f"chatcmpl-{answer.audit_id}",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": MODEL,
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": answer.text},
                    "finish_reason": "stop",
                }
            ],
            "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
        },
        headers={"Cache-Control": "no-store"},
    )


def _question(messages: list[ChatMessage]) -> str:
    for message in reversed(messages):
        if message.role == "user":
            content = message.content
            if isinstance(content, list):
                content = " ".join(
                    str(part.get("text", "")) for part in content if isinstance(part, dict)
                )
            return str(content)
    raise InvalidInput("there is no message of the user")


async def _chunks(first: AnswerEvent, rest: AsyncGenerator[AnswerEvent]) -> AsyncGenerator[str]:
    audit_id = first.audit_id if isinstance(first, Started) else ""
    common = {
        "id": f"chatcmpl-{audit_id}",
        "object": "chat.completion.chunk",
        "created": int(time.time()),
        "model": MODEL,
    }

    def chunk(delta: dict[str, str], reason: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return f"data: {json.dumps({**common, 'choices': [choice]})}\n\n"

    async with aclosing(rest):
        yield chunk({"role": "assistant", "content": ""})
        try:
            async for event in rest:
                if isinstance(event, Delta):
                    yield chunk({"content": event.text})
            yield chunk({}, "stop")
        except PortcullisError as error:
            yield f"data: {json.dumps({'error': {'message': error.message}})}\n\n"
        yield "data: [DONE]\n\n"
