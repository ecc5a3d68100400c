"""A place among the quotes that is kept for the page that says something else.

Quotes are the sentences that answer best. Pages that agree, or were written to agree, have many of
these, and five of them leave no room for a sixth page that says otherwise. So one more sentence is
quoted for that alone: who reads the answer sees that the sources do not agree, and the platform
says neither in its own voice (`disagreement`).

It is one place. Whoever fills an index with pages that say many different things may fill this one
too; what they cannot do with pages that say one thing is to have it stand there unopposed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.answering.disagreement import about_the_same, claims, denies, told
from app.answering.orders import is_order
from app.answering.words import content_words
from app.domain.answer import Quote


def dissenting(question: str, quotes: Sequence[Quote], further: Iterable[Quote]) -> Quote | None:
    """Of `further` sentences that are good enough to be quoted, the one of a document that is not
    quoted yet which is about the same as the best quote, and tells something else. Several are
    compared by how many of the quotes they differ from, by how much of the question they have, and
    by their score."""
    best, asked = quotes[0], content_words(question)
    quoted = {quote.passage.document_id for quote in quotes}
    found = [
        one
        for one in further
        if one.passage.document_id not in quoted
        and not is_order(one.shown)
        and about_the_same(best.shown, best.passage, one, question)
        and _tells_else(one.shown, best.shown, question)
    ]

    def rank(one: Quote) -> tuple[int, int, float]:
        differs = sum(_tells_else(one.shown, quote.shown, question) for quote in quotes)
        return differs, len(content_words(one.shown) & asked), one.score

    return max(found, key=rank, default=None)


def _tells_else(one: str, quoted: str, question: str) -> bool:
    """Whether one of two sentences denies something, or none of the names and numbers of the first,
    or none of its words, is in the other. Beside a quote that names nothing, as many a first
    sentence of a page, that is whatever names something."""
    if denies(one) != denies(quoted):
        return True
    named, words = claims(one, question), told(one, question)
    if named and named.isdisjoint(claims(quoted, question)):
        return True
    return bool(words) and words.isdisjoint(told(quoted, question))
