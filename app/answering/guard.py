"""Whether the evidence supports what a model wrote: number by number, name by name, relation by
relation.

A model does not know when to abstain, and does what a document tells it, so nothing it writes is
shown on trust. The test is strict on purpose: a right sentence that is not shown costs little,
since the quotes are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.answering.bounds import bounds
from app.answering.entails import entails
from app.answering.framing import unframed, unopened
from app.answering.orders import is_told, ordered
from app.answering.relations import relations
from app.answering.sentences import says_something, sentences
from app.answering.words import content_sequence, content_words, names, negations, numbers
from app.domain.answer import Draft, Quote, Verdict
from app.domain.scope import Passage

SHORTEST_WORDS = 3
NEAREST = 3
"""So many sentences of the evidence are read for each of a larger model."""
_LISTED = re.compile(r"\b\d+\)")
_CONDITIONS = frozenset("if unless until only except without provided may might".split())
_MODALS = frozenset({"may", "might"})
"""Which "can" and "could" may stand for: relations tell."""
_BREAK = re.compile(r"[,;:(.–—]|\b(?:and|but|because)\b", re.IGNORECASE)
_NOT_ASKED = "nothing of what was asked about"


def check(draft: Draft, question: str) -> Verdict:
    """Compare a small model's draft with the quotes of its prompt: it begins as one of them does
    and goes on so, since one so small says something else where it leaves out or turns round."""
    quotes = [quote for quote in draft.prompt.quotes if not is_told(quote)]
    about = [f"{quote.passage.title}\n{quote.passage.heading}" for quote in quotes]
    evidence = [quote.shown for quote in quotes]
    said, asked = draft.text.strip(), content_words(question)
    if reason := _unlikely(said, asked, evidence, about):
        return Verdict(False, reason)
    if content_words(said) - content_words(" \n".join([*about, *evidence])) - asked:
        return Verdict(False, "a word that neither quotes nor question have")
    nearest = _nearest(said, evidence)
    if negations(said) != negations(nearest):
        return Verdict(False, "a negation that the nearest quote does not have, or the reverse")
    # A title or a heading is no evidence for a claim: a page about a person names others too.
    if content_words(said) - content_words(nearest):
        return Verdict(False, "words that the nearest quote itself does not have")
    if not content_words(said) & asked:
        return Verdict(False, _NOT_ASKED)
    if not _runs_through(said, nearest):
        return Verdict(False, "words of the nearest quote in another order, or with gaps")
    if _conditions(nearest) - _conditions(said):
        return Verdict(False, "a condition of the nearest quote that is left out")
    if not bounds(nearest) >= bounds(said) >= {b for b in bounds(nearest) if b[1] <= numbers(said)}:
        return Verdict(False, "a bound that the nearest quote does not have, or the reverse")
    if len(_LISTED.findall(nearest)) != len(_LISTED.findall(said)) and _LISTED.search(said):
        return Verdict(False, "a list that is cut short")
    return Verdict(True, "")


def check_sentence(said: str, question: str, passages: Sequence[Passage]) -> Verdict:
    """Compare one sentence of a larger model with the sentences of the passages that it cites.

    One of them alone must say all of it, in whichever words: what is made of two may say a third.
    Blocks: call it from a thread.
    """
    if not says_something(said.strip()):
        return Verdict(False, "a question, a lead-in or a name")
    evidence = [
        shown
        for passage, told in ((passage, ordered(passage.text)) for passage in passages)
        for _, shown in sentences(passage.text)
        if shown not in told and says_something(shown)
    ]
    about = [f"{passage.title}\n{passage.heading}" for passage in passages]
    (said, source), asked = unframed(said.strip()), content_words(question)
    if reason := _unlikely(said, asked, evidence, about):
        return Verdict(False, reason)
    if content_words(source) - content_words(" \n".join([*about, *evidence])):
        return Verdict(False, "a source that no quote has")
    near = [one for one in _near(said, evidence) if _as_certain(said, one)]
    if not near:
        return Verdict(False, "a negation or a condition that no quote near it has, or the reverse")
    told = relations(said)
    for one in near:
        if _plain(said) == _plain(one) or entails(relations(unopened(one)), told, asked):
            known = content_words(said) | content_words(one)
            return Verdict(True, "") if known & asked else Verdict(False, _NOT_ASKED)
    return Verdict(False, "relations between its words that no quote has")


def _unlikely(said: str, asked: set[str], evidence: Sequence[str], about: Sequence[str]) -> str:
    """Why a sentence need not be compared any closer; empty when it must."""
    if len(said.split()) < SHORTEST_WORDS:
        return "too short to say anything"
    if not evidence:
        return "there is no evidence"
    whole = " \n".join([*about, *evidence])
    if numbers(said) - numbers(whole):
        return "a number that no quote has"
    if names(said) - content_words(whole):
        return "a name that no quote has"
    if not content_words(said) - asked:
        return "nothing beyond the question"
    return ""


def _near(said: str, evidence: Sequence[str]) -> list[str]:
    """The sentences that have all of its numbers and most of its words, nearest first."""
    words, figures = content_words(said), numbers(said)
    having = [one for one in evidence if figures <= numbers(one)]
    return sorted(having, key=lambda one: -len(words & content_words(one)))[:NEAREST]


def _as_certain(said: str, quote: str) -> bool:
    """Whether both deny as often, and hold under the same conditions."""
    differ = _conditions(said) ^ _conditions(quote)
    return negations(said) == negations(quote) and not differ - _MODALS


def _plain(text: str) -> list[str]:
    """Every word and number of a sentence."""
    return re.findall(r"\w+", re.sub(r"(?<=\d),(?=\d{3})", "", text.lower()))


def _runs_through(said: str, quote: str) -> bool:
    """Whether the words are those that the quote begins with, one after the other, up to its end
    or to where something else begins: what is cut off within a phrase was a limit of it."""
    words, whole = content_sequence(said), content_sequence(quote)
    if whole[: len(words)] != words:
        return False
    return any(
        content_sequence(quote[:at]) == words
        for at in (len(quote), *(found.start() for found in _BREAK.finditer(quote)))
    )


def _conditions(text: str) -> set[str]:
    """The words that make a statement hold only sometimes."""
    return set(re.findall(r"[a-z]+", text.lower())) & _CONDITIONS


def _nearest(said: str, evidence: Sequence[str]) -> str:
    words = content_words(said)
    return max(evidence, key=lambda sentence: len(words & content_words(sentence)))


def nearest_quote(said: str, quotes: Sequence[Quote]) -> int:
    """The number, from 1, of the quote that a supported sentence is about."""
    told = [quote.shown for quote in quotes if not is_told(quote)]
    nearest = _nearest(said, told)
    return 1 + [quote.shown for quote in quotes].index(nearest)
