"""Whether documents say different things about what was asked, as far as numbers, names and words
tell.

Where they do, the platform says neither in its own voice, but that they do: a reader is shown both,
each with its source. Who fills an index with pages of their own (Zou et al., PoisonedRAG, USENIX
Security 2025) has then not decided the answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.answering.orders import is_order
from app.answering.sentences import says_something, sentences
from app.answering.words import content_words, names, negated, numbers
from app.domain.answer import Quote
from app.domain.scope import Passage

ALIKE = 0.75
"""A sentence is about the same as another when it has so much of what that one has of the question,
title and heading of the page included, and all names; it may have more of it."""
_COUNTS = re.compile(
    r"\bhow (?:many|much|long|often|old|far|high|large|big|fast)\b|\bwhen\b"
    r"|\bwhat (?:year|date|time|number|price|percent\w*)\b",
    re.IGNORECASE,
)
_CONTRASTS = re.compile(
    r"\b(?:instead|rather than|contrary to|in contrast to|as opposed to|unlike)\b", re.IGNORECASE
)


def disputed(said: str, question: str, quotes: Sequence[Quote], nearest: int) -> bool:
    """Whether a quote of another document than the one that a sentence is about, the `nearest` from
    1 on, says something else about the same."""
    mine = quotes[nearest - 1].passage
    return any(_against(said, mine, other, question) for other in quotes)


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
        and _covers(mine, _about(shown, passage) & asked, question)
        and _differ(said, shown, question)
        for passage in passages
        if passage.document_id not in documents
        for _, shown in sentences(passage.text)
        if says_something(shown) and not is_order(shown)
    )


def about_the_same(said: str, of: Passage, other: Quote, question: str) -> bool:
    """Whether a quote has what a sentence of a passage has of the question, and by itself at least
    half of what is asked."""
    asked = content_words(question)
    return 2 * len(content_words(other.shown) & asked) >= len(asked) and _covers(
        _about(said, of) & asked, _about(other.shown, other.passage) & asked, question
    )


def claims(text: str, question: str) -> set[str]:
    """The numbers and names of a text that the question does not have."""
    asked = content_words(question)
    return (numbers(text) - numbers(question)) | (names(text) - asked)


def told(text: str, question: str) -> set[str]:
    """What a text tells who asked: its numbers where that is what they asked for, otherwise all of
    its words; without those of the question."""
    if _COUNTS.search(question):
        return numbers(text) - numbers(question)
    return content_words(text) - content_words(question)


def denies(text: str) -> bool:
    """Whether a text says what is not so, or sets one thing against another: what it names is then
    not what it tells."""
    return negated(text) or _CONTRASTS.search(text) is not None


def _differ(said: str, other: str, question: str) -> bool:
    """Whether each has a number, or each a name, that the other lacks; where neither has any,
    whether they share less than half of the words that are not asked. Besides, whether one alone
    denies something and both tell of it, or nothing that the one tells is told by the other."""
    asked = content_words(question)
    pairs = [
        (numbers(said) - numbers(question), numbers(other) - numbers(question)),
        (names(said) - asked, names(other) - asked),
    ]
    if any(first - second and second - first for first, second in pairs):
        return True
    one, two = told(said, question), told(other, question)
    if denies(said) != denies(other) and one & two:
        return True
    least = min(len(one), len(two))
    if any(first or second for first, second in pairs):
        return bool(least) and one.isdisjoint(two)
    return len(one & two) < least / 2


def _against(said: str, of: Passage, other: Quote, question: str) -> bool:
    return (
        other.passage.document_id != of.document_id
        and about_the_same(said, of, other, question)
        and _differ(said, other.shown, question)
    )


def _about(text: str, passage: Passage) -> set[str]:
    return content_words(f"{passage.title} {passage.heading} {text}")


def _covers(mine: set[str], its: set[str], question: str) -> bool:
    """What is about another name is about something else, however alike the rest of it is."""
    named = names(question) & mine
    return bool(mine) and named <= its and len(mine & its) >= ALIKE * len(mine)
