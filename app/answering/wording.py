"""The sentences that answers are made of, besides what documents and models say."""

from __future__ import annotations

from collections.abc import Sequence

from app.answering.inert import inert
from app.domain.answer import Quote

NOTHING_FOUND = (
    "I found nothing about that in the documents that you may read. Try other words, or ask the"
    " people whose work it is."
)
"""The same whether a document is forbidden or does not exist."""

MODEL_SILENT = "*The model is not available at the moment; these are the passages that I found.*"
WITHDRAWN = "*What you may read changed while this was written; ask again.*"
NO_LONGER = "You may not read a source of this answer any more, so it is not shown."


def quoted(quotes: Sequence[Quote]) -> str:
    """The quotes as a Markdown block each, with their numbers."""
    return "\n\n".join(
        f"> {inert(quote.shown)} [{number}]" for number, quote in enumerate(quotes, start=1)
    )


def in_short(sentence: str, number: int) -> str:
    return f"**In short:** {inert(sentence)} [{number}]"
