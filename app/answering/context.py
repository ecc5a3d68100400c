"""A larger model's answer, released sentence by sentence and only with citations that exist."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator

from app.answering.inert import inert

_CITATION = re.compile(r"\[(\d{1,3})\]")
_END = re.compile(r"(?<=[.!?\]])\s+(?=[^\[\s])")


async def supported_blocks(pieces: AsyncIterator[str], passages: int) -> AsyncGenerator[str]:
    """Whole sentences of the model as inert Markdown. Citations of passages that do not exist
    are taken out."""
    held = ""
    first = True
    async for piece in pieces:
        held += piece
        *whole, held = _END.split(held)
        for sentence in whole:
            yield ("" if first else " ") + _release(sentence, passages)
            first = False
    if held.strip():
        yield ("" if first else " ") + _release(held, passages)


def _release(sentence: str, passages: int) -> str:
    parts: list[str] = []
    at = 0
    for citation in _CITATION.finditer(sentence):
        parts.append(inert(sentence[at : citation.start()]))
        if 1 <= int(citation[1]) <= passages:
            parts.append(f" [{int(citation[1])}]")
        at = citation.end()
    parts.append(inert(sentence[at:]))
    return "".join(parts).strip()
