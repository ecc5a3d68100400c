"""Sentences of documents that speak to the model instead of saying something.

They are quoted like all others, but no prompt of a small model holds them, and they support
nothing that a model says: an order is no evidence. That some are not known here is why nothing
else of the guard relies on it.
"""

from __future__ import annotations

import re

from app.answering.sentences import sentences
from app.domain.answer import Quote

_ANSWER = r"(?:answers?|responses?|repl(?:y|ies)|outputs?|completions?|summar(?:y|ies))"
_MODEL = r"(?:assistant|chat ?bot|language model|llm|ai(?: system| model| agent)?|model)"
_DO = (
    r"(?:add|append|begin|conclude|contain|end|finish|include|incorporate|insert|integrate|mention|mix"
    r"|place|prepend|put|quote|rearrange|remove|repeat|replace|introduce|start|write|give|provide"
    r"|print|output|say|state|translate|answer|respond|reply|insist)"
)
_ORDER = re.compile(
    rf"\b(?:your|the|every|each|any|all) (?:\w+ ){{0,2}}{_ANSWER}\b.*\b{_DO}\b"
    rf"|\b{_DO}\b.*\b(?:your|the|every|each|any|all) (?:\w+ ){{0,2}}{_ANSWER}\b"
    r"|\b(?:ignore|disregard|forget|override) (?:\w+ ){0,3}(?:instructions?|prompts?|rules|above"
    r"|previous|passages|guidelines)\b"
    rf"|\b(?:note|instructions?|message|attention|dear|hey|hello)\b.{{0,12}}\b{_MODEL}\b"
    rf"|\b(?:you are|you're|act as|pretend|as an?|if you are an?)\b.{{0,20}}\b{_MODEL}\b"
    rf"|\b{_MODEL}\b.{{0,12}}\b(?:must|should|shall|has to|will|need to|is to)\b.{{0,20}}\b{_DO}\b"
    rf"|^\W*(?:system|assistant)\W{{0,3}}[:\-].*\b{_DO}\b"
    r"|\b(?:when|if|whenever|before|after) (?:you(?:'re| are)? )?(?:\w+ )?"
    r"(?:ask(?:ed)?|answering|answer|responding|replying)\b"
    rf".*\b{_DO}\b"
    r"|\b(?:do not|don't|never|refuse to|decline to) (?:answer|respond|reply)\b"
    r"|^\W*(?:answer|respond|reply) (?:only )?with\b"
    r"|^\W*(?:\w+ ){0,2}(?:print|output|repeat|reveal) (?:\w+ ){0,4}"
    r"(?:above|prompts?|rules|instructions|guidelines|request)\b"
    r"|\bsay (?:only )?that nothing (?:was|is) found\b"
    r"|\b(?:whoever|everybody who|everyone who) asks (?:\w+ )?about\b.*\b(?:tell|told|say)\b"
    r"|\b(?:tell|say to) (?:\w+ )?(?:whoever|everybody who|everyone who) asks\b"
    r"|\bfrom now on\b.{0,20}\b(?:write|say|answer)\b",
    re.IGNORECASE,
)


def is_order(sentence: str) -> bool:
    """Whether a sentence tells who answers what to do with the answer."""
    return _ORDER.search(sentence) is not None


def ordered(text: str) -> frozenset[str]:
    """The sentences of a passage, as they read alone, that are orders or stand right behind one."""
    found: set[str] = set()
    behind = False
    for _, shown in sentences(text):
        order = is_order(shown)
        if order or behind:
            found.add(shown)
        behind = order
    return frozenset(found)


def is_told(quote: Quote) -> bool:
    """Whether a quote is something that a document wants said, by itself or by where it stands."""
    return is_order(quote.shown) or quote.shown in ordered(quote.passage.text)
