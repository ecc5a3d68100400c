"""Whether the quotes support what the model wrote: number by number, name by name, word by word.

A small model does not know when to abstain, so nothing it writes is shown on trust. The test is
strict on purpose: a right sentence that is not shown costs little, since the quotes are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.answering.words import content_sequence, content_words, names, negated, numbers
from app.domain.answer import Draft, Quote, Verdict

SHORTEST_WORDS = 3
_LISTED = re.compile(r"\b\d+\)")
_CONDITIONS = frozenset("if unless until only except without provided may might".split())


def check(draft: Draft, question: str) -> Verdict:
    """Compare the draft with the quotes of its prompt."""
    said = draft.text.strip()
    if len(said.split()) < SHORTEST_WORDS:
        return Verdict(False, "too short to say anything")
    if not draft.prompt.quotes:
        return Verdict(False, "there is no evidence")
    evidence = " \n".join(_evidence(quote) for quote in draft.prompt.quotes)
    known = content_words(evidence)
    if numbers(said) - numbers(evidence):
        return Verdict(False, "a number that no quote has")
    if {name for name in names(said) if name not in known}:
        return Verdict(False, "a name that no quote has")
    asked = content_words(question)
    if content_words(said) - known - asked:
        return Verdict(False, "a word that neither quotes nor question have")
    new = content_words(said) - asked
    if not new:
        return Verdict(False, "nothing beyond the question")
    nearest = _nearest(said, draft.prompt.quotes)
    if negated(said) != negated(nearest.shown):
        return Verdict(False, "a negation that the nearest quote does not have, or the reverse")
    # A title or a heading is no evidence for a claim: a page about a person names others too.
    if content_words(said) - content_words(nearest.shown):
        return Verdict(False, "words that the nearest quote itself does not have")
    if not content_words(said) & asked:
        return Verdict(False, "nothing of what was asked about")
    if not _runs_through(content_sequence(said), content_sequence(nearest.shown)):
        return Verdict(False, "words of the nearest quote in another order, or with gaps")
    if _conditions(nearest.shown) - _conditions(said):
        return Verdict(False, "a condition of the nearest quote that is left out")
    if len(_LISTED.findall(nearest.shown)) != len(_LISTED.findall(said)) and _LISTED.search(said):
        return Verdict(False, "a list that is cut short")
    return Verdict(True, "")


def _runs_through(said: list[str], quote: list[str]) -> bool:
    """Whether the words are those that the quote begins with, one after the other: a small model
    that leaves out words before or between, or turns them round, says something else."""
    return quote[: len(said)] == said


def _conditions(text: str) -> set[str]:
    """The words that make a statement hold only sometimes."""
    return set(re.findall(r"[a-z]+", text.lower())) & _CONDITIONS


def _evidence(quote: Quote) -> str:
    return f"{quote.passage.title}\n{quote.passage.heading}\n{quote.shown}"


def _nearest(said: str, quotes: Sequence[Quote]) -> Quote:
    words = content_words(said)
    return max(quotes, key=lambda quote: len(words & content_words(quote.shown)))


def nearest_quote(said: str, quotes: Sequence[Quote]) -> int:
    """The number, from 1, of the quote that a supported sentence is about."""
    return 1 + quotes.index(_nearest(said, quotes))
