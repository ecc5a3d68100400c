"""One question to the platform, and the same request to the engine by itself."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import httpx
from openai import AsyncOpenAI

SALT = "alone"
"""The engine shares its prefix cache between all requests by itself, as between those of one
subject."""


@dataclass(frozen=True, slots=True)
class Timed:
    """In seconds from the question: until the first words came, and until the last. `pieces` are
    those that the engine sent, about a token each; None where the platform was asked."""

    first: float
    last: float
    pieces: int | None = None


@dataclass
class Recorder:
    """Stands before the client of an engine, and keeps what the platform last asked of it: the
    call, its words, and when it was made."""

    client: AsyncOpenAI
    call: Callable[..., Awaitable[Any]] | None = None
    asked: dict[str, Any] = field(default_factory=dict)
    at: float = 0.0

    def begin(self) -> None:
        for of in (self.client.completions, self.client.chat.completions):
            of.create = self._kept(of.create)  # type: ignore[method-assign]

    def _kept(self, call: Any) -> Any:
        async def create(**asked: Any) -> Any:
            self.call, self.asked, self.at = call, asked, perf_counter()
            return await call(**asked)

        return create


async def of_platform(client: httpx.AsyncClient, question: str) -> Timed:
    """As a person's page asks. Raises httpx.HTTPStatusError."""
    began = perf_counter()
    first = None
    asked = {"question": question, "stream": True}
    async with client.stream("POST", "/ask", json=asked) as answer:
        answer.raise_for_status()
        async for line in answer.aiter_lines():
            if first is None and line == "event: delta":
                first = perf_counter() - began
    last = perf_counter() - began
    return Timed(last if first is None else first, last)


async def of_engine(recorder: Recorder, asked: dict[str, Any]) -> Timed:
    """The recorded request once more, with nothing between."""
    assert recorder.call is not None
    began = perf_counter()
    first = None
    pieces = 0
    salted = {**asked["extra_body"], "cache_salt": SALT}
    async for _ in await recorder.call(**{**asked, "extra_body": salted}):
        first = first or perf_counter() - began
        pieces += 1
    last = perf_counter() - began
    return Timed(first or last, last, pieces)


def words(asked: dict[str, Any]) -> int:
    """The length of a recorded prompt."""
    said = asked.get("prompt") or json.dumps(asked["messages"])
    return len(said.split())
