"""Whether documents say different things about what was asked, as far as numbers and names tell.

Where they do, the platform says neither in its own voice: a reader is shown both, each with its
source. Who fills an index with pages of their own (Zou et al., PoisonedRAG, USENIX Security 2025)
has then not decided the answer.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.answering.orders import is_order
from app.answering.sentences import says_something, sentences
from app.answering.words import content_words, names, numbers
from app.domain.answer import Quote
from app.domain.scope import Passage

ALIKE = 0.75
"""Two sentences are about the same when they share so much of what either has of the question,
title and heading of the page included."""


def disputed(said: str, question: str, quotes: Sequence[Quote], nearest: int) -> bool:
    """Whether a quote of another document than the one that a sentence is about, the `nearest` from
    1 on, says something else about the same."""
    mine = quotes[nearest - 1].passage
    asked = content_words(question)
    return any(
        other.passage.document_id != mine.document_id
        and _alike(_about(said, mine) & asked, _about(other.shown, other.passage) & asked)
        and _differ(said, other.shown, question)
        for other in quotes
    )


def contested(
    said: str, question: str, cited: Sequence[Passage], passages: Sequence[Passage]
) -> bool:
    """The same for a sentence that cites passages, against all sentences of those that it does not.

    None of these was chosen for the question, so one has to name at least half of what is asked by
    itself: a page about it has many sentences about something else.
    """
    asked = content_words(question)
    mine = asked & set().union(content_words(said), *(_about("", passage) for passage in cited))
    documents = {passage.document_id for passage in cited}
    return any(
        2 * len(content_words(shown) & asked) >= len(mine)
        and _alike(mine, _about(shown, passage) & asked)
        and _differ(said, shown, question)
        for passage in passages
        if passage.document_id not in documents
        for _, shown in sentences(passage.text)
        if says_something(shown) and not is_order(shown)
    )


def claims(text: str, question: str) -> set[str]:
    """The numbers and names of a text that the question does not have."""
    asked = content_words(question)
    return (numbers(text) - numbers(question)) | (names(text) - asked)


def _about(text: str, passage: Passage) -> set[str]:
    return content_words(f"{passage.title} {passage.heading} {text}")


def _alike(one: set[str], other: set[str]) -> bool:
    return bool(one | other) and len(one & other) / len(one | other) >= ALIKE


def _differ(said: str, other: str, question: str) -> bool:
    """Whether each has a number, or each a name, that the other lacks; where neither has any,
    whether they share less than half of the words that are not asked."""
    asked = content_words(question)
    pairs = [
        (numbers(said) - numbers(question), numbers(other) - numbers(question)),
        (names(said) - asked, names(other) - asked),
    ]
    if any(first - second and second - first for first, second in pairs):
        return True
    if any(first or second for first, second in pairs):
        return False
    first, second = content_words(said) - asked, content_words(other) - asked
    return len(first & second) < min(len(first), len(second)) / 2
