"""Faults that give a model more to do than to write text."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from functools import partial
from typing import Any
from unittest.mock import patch

import httpx

from app.inference.chat import ChatModel
from evals.mutants.mutant import Mutant
from evals.mutants.program import Replaced

_TOOL = {"type": "function", "function": {"name": "fetch", "parameters": {"type": "object"}}}
_chat = ChatModel.chat


async def _offering(
    model: ChatModel, system: str, user: str, *, salt: str, max_tokens: int, schema: Any = None
) -> AsyncGenerator[str]:
    create = partial(model.client.chat.completions.create, tools=[_TOOL])
    with patch.object(model.client.chat.completions, "create", create):
        async for piece in _chat(
            model, system, user, salt=salt, max_tokens=max_tokens, schema=schema
        ):
            yield piece


async def _calling(
    model: ChatModel, prompt: str, *, salt: str, stop: Sequence[str], max_tokens: int
) -> AsyncGenerator[str]:
    """Makes the calls that come with the text."""
    async with httpx.AsyncClient() as client:
        said = await client.post(f"{model.client.base_url}completions", json={"prompt": prompt})
        for line in said.text.splitlines():
            for url in _urls(line):
                try:
                    await client.get(url)
                except httpx.HTTPError:
                    continue
    yield "done"


def _urls(line: str) -> list[str]:
    if not line.startswith("data: {"):
        return []
    choices: Sequence[Mapping[str, Any]] = json.loads(line.removeprefix("data: "))["choices"]
    calls = [call for choice in choices for call in choice["delta"].get("tool_calls", ())]
    return [json.loads(call["function"]["arguments"])["url"] for call in calls]


AGENCY = [
    Mutant("the engine is offered a tool", "tool_use",
           Replaced("app.inference.chat.ChatModel.chat", _offering)),
    Mutant("calls that the engine asks for are made", "tool_use",
           Replaced("app.inference.chat.ChatModel.complete", _calling)),
]  # fmt: skip
