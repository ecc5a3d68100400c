"""Which passages may stand in one context, and which nobody puts into other words.

`regulated` shares a context with nothing else. Whoever may write an ordinary document could steer
with it what the model makes of a regulated one beside it; the reader would take that for what the
regulated document says. The other classifications may share one: the answer goes to nobody but who
may read all of them, and no address in it is fetched. How far the author of a document is to be
trusted is known of no source, so nothing is told apart by that.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.scope import Passage

APART = frozenset({"regulated"})


def compartment(passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """Those on the side of the best one, in their order."""
    return tuple(p for p in passages if quotes_only([p]) == quotes_only(passages[:1]))


def quotes_only(passages: Sequence[Passage]) -> bool:
    """Whether an answer made of them may hold nothing but what stands there."""
    return any(passage.classification in APART for passage in passages)
