"""A model engine that speaks OpenAI's streaming protocol as slowly as a test wants."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class SlowModel:
    """Says `first`, then nothing until `go_on` is set, then `rest`.

    `asked` is set when a call came in and `first` was sent; `left` when a caller went away before
    the end.
    """

    first: str = ""
    rest: str = ""
    url: str = ""
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = next(line for line in head.split("\r\n") if line.startswith("content-length:"))
        await reader.readexactly(int(length.partition(":")[2]))
        chat = "/chat/completions" in head.split("\r\n")[0]
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
        )
        writer.write(_chunk(self.first, chat))
        await writer.drain()
        self.asked.set()
        waiting = asyncio.create_task(self.go_on.wait())
        gone = asyncio.create_task(reader.read())
        await asyncio.wait({waiting, gone}, return_when=asyncio.FIRST_COMPLETED)
        if gone.done():
            self.left.set()
        else:
            writer.write(_chunk(self.rest, chat) + b"data: [DONE]\n\n")
            await writer.drain()
        waiting.cancel()
        gone.cancel()
        writer.close()


def _chunk(text: str, chat: bool) -> bytes:
    choice = {"index": 0, "finish_reason": None, "delta": {"content": text}, "text": text}
    kind = "chat.completion.chunk" if chat else "text_completion"
    body = {"id": "1", "object": kind, "created": 0, "model": "slow", "choices": [choice]}
    return f"data: {json.dumps(body)}\n\n".encode()


@asynccontextmanager
async def slow_model(first: str = "", rest: str = "") -> AsyncIterator[SlowModel]:
    """The engine on a port of its own, for as long as the block lasts."""
    model = SlowModel(first, rest)
    server = await asyncio.start_server(model.serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    model.url = f"http://{host}:{port}/v1"
    async with server:
        yield model
        model.go_on.set()
