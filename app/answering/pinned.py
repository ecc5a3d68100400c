"""What a record keeps so that its answer can be built again: keyed digests of the scope, of each
passage and of the prompt, and where in its passage each quote stands.

The digests are keyed: whoever reads records cannot guess at short texts, not even at those that
were erased since.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any

from app.answering.compartment import quotes_only
from app.answering.profiles import Profile
from app.answering.prompt import INSTRUCTIONS, QUOTING, chat_prompt, completion_prompt
from app.answering.sentences import sentences
from app.answering.spotlight import fence
from app.domain.answer import Quote
from app.domain.scope import Passage
from app.retrieval.authorised import recorded


def digest(key: str, kind: str, *words: str) -> str:
    """A digest of words that only the installation can make, in hex; `kind` keeps uses apart."""
    told = "".join(f"{len(word)}\0{word}" for word in words)
    return hmac.new(key.encode(), f"{kind}\0{told}".encode(), hashlib.sha256).hexdigest()


def content(key: str, passage: Passage) -> str:
    """Equal only for passages that read the same; an id changes when a document is indexed anew."""
    of = passage
    return digest(key, "passage", of.classification, of.title, of.uri, of.heading, of.text)


def named(key: str, passage: Passage, quotes: Sequence[Quote]) -> dict[str, Any]:
    """A passage as the record names it: with its digest, and for each of its quotes the number in
    the answer and the place among the passage's sentences."""
    pieces = list(sentences(passage.text))
    places = [
        [number, pieces.index((quote.text, quote.shown))]
        for number, quote in enumerate(quotes, start=1)
        if quote.passage == passage
    ]
    return {**recorded(passage), "content": content(key, passage), "quotes": places}


def quotes_of(found: Sequence[tuple[Passage, Sequence[Sequence[int]]]]) -> tuple[Quote, ...]:
    """The quotes as they were numbered, from passages with their recorded places."""
    numbered: dict[int, Quote] = {}
    for passage, places in found:
        pieces = list(sentences(passage.text))
        for number, place in places:
            numbered[number] = Quote(passage, *pieces[place], score=0.0)
    return tuple(quote for _, quote in sorted(numbered.items()))


def prompt_digest(
    key: str,
    profile: Profile,
    question: str,
    passages: Sequence[Passage],
    quotes: Sequence[Quote],
    salt: str,
) -> str:
    """Of all that the model is sent for this, empty where it is not asked at all."""
    if profile is Profile.EVIDENCE:
        if not quotes or quotes_only([quote.passage for quote in quotes]):
            return ""
        return digest(key, "prompt", completion_prompt(question, quotes).text)
    if not passages:
        return ""
    rules = QUOTING if quotes_only(passages) else INSTRUCTIONS
    code = fence(key, question, salt)
    return digest(key, "prompt", rules, chat_prompt(question, passages, code))
