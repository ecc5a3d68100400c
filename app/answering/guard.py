"""Whether the evidence supports what a model wrote: number by number, name by name, word by word.

A model does not know when to abstain, and does what a document tells it, so nothing it writes is
shown on trust. The test is strict on purpose: a right sentence that is not shown costs little,
since the quotes are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.answering.orders import is_told, ordered
from app.answering.sentences import says_something, sentences
from app.answering.words import content_sequence, content_words, names, negated, numbers
from app.domain.answer import Draft, Quote, Verdict
from app.domain.scope import Passage

SHORTEST_WORDS = 3
_LISTED = re.compile(r"\b\d+\)")
_CONDITIONS = frozenset("if unless until only except without provided may might".split())


@dataclass(frozen=True, slots=True)
class Evidence:
    """Sentences that may support others, and the `words` of each. `known` and `numbers` are also
    those of the titles and headings above them."""

    sentences: tuple[str, ...]
    words: tuple[frozenset[str], ...]
    known: frozenset[str]
    numbers: frozenset[str]

    @classmethod
    def of(cls, passages: Sequence[Passage]) -> Evidence:
        """What passages say that is no order and stands behind none."""
        shown = [
            shown
            for passage, told in ((passage, ordered(passage.text)) for passage in passages)
            for _, shown in sentences(passage.text)
            if shown not in told
        ]
        return cls.made(shown, passages)

    @classmethod
    def made(cls, shown: Sequence[str], passages: Sequence[Passage]) -> Evidence:
        """Of these sentences, which are of these passages."""
        whole = " \n".join([*(f"{p.title}\n{p.heading}" for p in passages), *shown])
        return cls(
            tuple(shown),
            tuple(frozenset(content_words(sentence)) for sentence in shown),
            frozenset(content_words(whole)),
            frozenset(numbers(whole)),
        )

    def nearest(self, words: set[str]) -> str:
        """The sentence with the most of these words; the first of equals."""
        most = max(range(len(self.sentences)), key=lambda n: len(words & self.words[n]))
        return self.sentences[most]


def check(draft: Draft, question: str) -> Verdict:
    """Compare a small model's draft with the quotes of its prompt."""
    quotes = [quote for quote in draft.prompt.quotes if not is_told(quote)]
    evidence = Evidence.made([quote.shown for quote in quotes], [quote.passage for quote in quotes])
    return _compare(draft.text, question, evidence, _runs_through)


def check_sentence(said: str, question: str, evidence: Evidence) -> Verdict:
    """Compare one sentence of a larger model with the sentences of the passages that it cites.

    One of them alone must hold all of it, in its order: what is made of two may say a third.
    """
    if not says_something(said.strip()):
        return Verdict(False, "a question, a lead-in or a name")
    return _compare(said, question, evidence, _in_order)


def _compare(
    said: str, question: str, evidence: Evidence, follows: Callable[[list[str], list[str]], bool]
) -> Verdict:
    said = said.strip()
    if len(said.split()) < SHORTEST_WORDS:
        return Verdict(False, "too short to say anything")
    if not evidence.sentences:
        return Verdict(False, "there is no evidence")
    if numbers(said) - evidence.numbers:
        return Verdict(False, "a number that no quote has")
    if names(said) - evidence.known:
        return Verdict(False, "a name that no quote has")
    sequence = content_sequence(said)
    words, asked = set(sequence), content_words(question)
    if words - evidence.known - asked:
        return Verdict(False, "a word that neither quotes nor question have")
    if not words - asked:
        return Verdict(False, "nothing beyond the question")
    nearest = evidence.nearest(words)
    if negated(said) != negated(nearest):
        return Verdict(False, "a negation that the nearest quote does not have, or the reverse")
    # A title or a heading is no evidence for a claim: a page about a person names others too.
    if words - content_words(nearest):
        return Verdict(False, "words that the nearest quote itself does not have")
    if not words & asked:
        return Verdict(False, "nothing of what was asked about")
    if not follows(sequence, content_sequence(nearest)):
        return Verdict(False, "words of the nearest quote in another order, or with gaps")
    if _conditions(nearest) - _conditions(said):
        return Verdict(False, "a condition of the nearest quote that is left out")
    if len(_LISTED.findall(nearest)) != len(_LISTED.findall(said)) and _LISTED.search(said):
        return Verdict(False, "a list that is cut short")
    return Verdict(True, "")


def _runs_through(said: list[str], quote: list[str]) -> bool:
    """Whether the words are those that the quote begins with, one after the other: a small model
    that leaves out words before or between, or turns them round, says something else."""
    return quote[: len(said)] == said


def _in_order(said: list[str], quote: list[str]) -> bool:
    """Whether the words follow one another in the quote, some of it left out."""
    rest = iter(quote)
    return all(word in rest for word in said)


def _conditions(text: str) -> set[str]:
    """The words that make a statement hold only sometimes."""
    return set(re.findall(r"[a-z]+", text.lower())) & _CONDITIONS


def nearest_quote(said: str, quotes: Sequence[Quote]) -> int:
    """The number, from 1, of the quote that a supported sentence is about."""
    told = [quote.shown for quote in quotes if not is_told(quote)]
    nearest = Evidence.made(told, ()).nearest(content_words(said))
    return 1 + [quote.shown for quote in quotes].index(nearest)
