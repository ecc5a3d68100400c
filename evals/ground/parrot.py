"""The worst engine there can be: it repeats all that it is sent.

What must hold whatever a model says is measured with it: a forbidden word that reaches the prompt
is in the draft. It remembers the prompts, and may be told to say something else.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

MODEL = "parrot"
_LIST = json.dumps({"object": "list", "data": [{"id": MODEL, "object": "model"}]}).encode()
_MODELS = b"content-length: %d\r\nconnection: close\r\n\r\n%s" % (len(_LIST), _LIST)


@dataclass
class Parrot:
    """`prompts` are all texts that it was sent, oldest first, `requests` the whole of them; `says`
    makes its answer of one, and `calls` are tools that it asks for besides."""

    url: str = ""
    prompts: list[str] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    says: Callable[[str], str] = field(default=lambda prompt: prompt)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
        lengths = [line for line in head if line.startswith("content-length:")]
        length = int(lengths[0].partition(":")[2]) if lengths else 0
        asked: dict[str, Any] = json.loads(await reader.readexactly(length) or b"{}")
        if head[0].startswith("get"):
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n" + _MODELS)
            writer.close()
            return
        messages = asked.get("messages")
        prompt = "\n".join(m["content"] for m in messages) if messages else asked.get("prompt", "")
        self.prompts.append(prompt)
        self.requests.append(asked)
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
            + _piece(self.says(prompt), bool(messages), self.calls)
            + b"data: [DONE]\n\n"
        )
        await writer.drain()
        writer.close()


def _piece(text: str, chat: bool, calls: list[dict[str, Any]]) -> bytes:
    delta = {"content": text, "tool_calls": calls} if calls else {"content": text}
    choice = {"index": 0, "finish_reason": None, "delta": delta, "text": text}
    kind = "chat.completion.chunk" if chat else "text_completion"
    body = {"id": "1", "object": kind, "created": 0, "model": MODEL, "choices": [choice]}
    return f"data: {json.dumps(body)}\n\n".encode()


@asynccontextmanager
async def parrot() -> AsyncIterator[Parrot]:
    """The engine on a port of its own, for as long as the block lasts."""
    bird = Parrot()
    server = await asyncio.start_server(bird.serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    bird.url = f"http://{host}:{port}/v1"
    async with server:
        yield bird
