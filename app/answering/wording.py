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
DISAGREE = "*The sources do not all say the same, so none is repeated in short: compare them.*"
WITHDRAWN = "*What you may read changed while this was written; ask again.*"
NO_LONGER = (
    "You may not read a source of this answer any more, or nobody can confirm at the moment that"
    " you may, so it is not shown."
)


def quoted(quotes: Sequence[Quote], numbers: Sequence[int] = ()) -> str:
    """The quotes as a Markdown block each, with their numbers: these, or from 1 on."""
    numbers = numbers or range(1, len(quotes) + 1)
    return "\n\n".join(
        quotation(quote.shown, number) for quote, number in zip(quotes, numbers, strict=True)
    )


def quotation(sentence: str, number: int) -> str:
    return f"> {inert(sentence)} [{number}]"


def in_short(sentence: str, number: int) -> str:
    return f"**In short:** {inert(sentence)} [{number}]"
