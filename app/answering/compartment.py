"""Which passages may stand in one context, and which nobody puts into other words.

`regulated` shares a context with nothing else. Whoever may write an ordinary document could steer
with it what the model makes of a regulated one beside it; the reader would take that for what the
regulated document says. The other classifications may share one: the answer goes to nobody but who
may read all of them, and no address in it is fetched. How far the author of a document is to be
trusted is known of no source, so nothing is told apart by that.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.answering.evidence import choose_quotes
from app.domain.scope import Passage
from app.inference.embed import WordedEmbedder

APART = frozenset({"regulated"})


async def compartment(
    embedder: WordedEmbedder, question: str, passages: Sequence[Passage]
) -> tuple[Passage, ...]:
    """Those on the side of the passage that answers best, in their order.

    By its best sentence, not by its rank: noise in a document makes it rank below one that is about
    something else, and the whole side would be lost with it.
    """
    if len({quotes_only([passage]) for passage in passages}) < 2:
        return tuple(passages)
    quotes = await choose_quotes(embedder, question, passages)
    best = quotes[0].passage if quotes else passages[0]
    return tuple(p for p in passages if quotes_only([p]) == quotes_only([best]))


def quotes_only(passages: Sequence[Passage]) -> bool:
    """Whether an answer made of them may hold nothing but what stands there."""
    return any(passage.classification in APART for passage in passages)
