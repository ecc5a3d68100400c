"""Something that answers where an engine should be, and is none."""

from __future__ import annotations

import asyncio

import pytest

from app.inference.chat import ChatModel


@pytest.mark.parametrize(
    ("kind", "body"),
    [("text/html", b"<p>Welcome</p>"), ("application/json", b"[]"), ("application/json", b"{}")],
)
async def test_what_is_no_engine_is_not_healthy(kind: str, body: bytes) -> None:
    head = f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        model = ChatModel.connect(f"http://127.0.0.1:{port}/v1", "m", None)
        try:
            assert await model.healthy() is False
        finally:
            await model.close()
