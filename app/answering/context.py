"""A larger model's answer, released sentence by sentence: each only with the support of the
passages that it cites, and nothing of the prompt itself."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from app.answering.compartment import quotes_only
from app.answering.disagreement import contested
from app.answering.evidence import choose_quotes
from app.answering.guard import check_sentence
from app.answering.inert import addresses, inert
from app.answering.prompt import INSTRUCTIONS, QUOTING, chat_prompt
from app.answering.spotlight import unmarked
from app.answering.verbatim import chosen, quotable, schema
from app.answering.verdicts import Verdicts
from app.answering.wording import NOTHING_FOUND, quotation, quoted
from app.answering.words import content_words
from app.domain.answer import Quote
from app.domain.scope import Passage
from app.inference.chat import ChatModel
from app.inference.embed import Embedder

TOKENS = 600
RUN = 6
"""So many words of the rules, one after the other, are a repetition of them."""
DISPUTED = "the sources disagree"
_CITATION = re.compile(r"\[(\d{1,3})\]")
_END = re.compile(r"(?<=[.!?\]])[ \t]+(?=[^\[\s])|\s*\n\s*(?!\[)")
_ITEM = re.compile(r"^(?:[-*•]|\d{1,2}[.)])\s+")
_WORD = re.compile(r"\w+")


async def written(
    model: ChatModel,
    embedder: Embedder,
    question: str,
    passages: Sequence[Passage],
    salt: str,
    code: str,
    verdicts: Verdicts,
) -> AsyncGenerator[str]:
    """The answer in blocks of inert Markdown: what the model said and the guard let through. Where
    that is nothing, the quotes that answer, and where there are none, that nothing was found; where
    something was withheld, the best quote besides, unless the model has told it: a model that
    follows a document instead of the question does not keep the answer from the reader.

    Raises ModelUnavailable.
    """
    user = chat_prompt(question, passages, code)
    if quotes_only(passages):
        blocks = _chosen(model, user, passages, salt, verdicts)
    else:
        pieces = model.chat(INSTRUCTIONS, user, salt=salt, max_tokens=TOKENS)
        blocks = supported_blocks(pieces, question, passages, code, verdicts)
    told: list[str] = []
    async with aclosing(blocks):
        async for block in blocks:
            told.append(block)
            yield block
    if told and not verdicts.withheld:
        return
    quotes = await choose_quotes(embedder, question, passages)
    numbers = [1 + passages.index(quote.passage) for quote in quotes]
    if not told:
        yield quoted(quotes, numbers) if quotes else NOTHING_FOUND
    elif quotes and not any(_tells(block, quotes[0]) for block in told):
        yield f"\n\n{quoted(quotes[:1], numbers[:1])}"


def _tells(block: str, quote: Quote) -> bool:
    """Whether a released sentence is made of the words of a quote."""
    return content_words(_CITATION.sub("", block)) <= content_words(quote.shown)


async def _chosen(
    model: ChatModel, user: str, passages: Sequence[Passage], salt: str, verdicts: Verdicts
) -> AsyncGenerator[str]:
    """The sentences of the passages that the model chose, as quotes."""
    quotes = quotable(passages)
    pieces = model.chat(QUOTING, user, salt=salt, max_tokens=TOKENS, schema=schema(quotes))
    async with aclosing(pieces):
        said = "".join([piece async for piece in pieces])
    kept, others = chosen(said, quotes)
    if others:
        verdicts.withheld["no quote of a passage"] += others
    for quote, number in kept:
        verdicts.released += 1
        yield ("\n\n" if verdicts.released > 1 else "") + quotation(quote, number)


async def supported_blocks(
    pieces: AsyncGenerator[str],
    question: str,
    passages: Sequence[Passage],
    code: str,
    verdicts: Verdicts,
) -> AsyncGenerator[str]:
    """The sentences of a model that may be shown, as inert Markdown, each with the citations of
    passages that exist."""
    held = ""
    async with aclosing(pieces):
        async for piece in pieces:
            # before the sentences are told apart: a blank ends one, and a mark does not
            held += unmarked(piece)
            *whole, held = _END.split(held)
            for sentence in whole:
                if shown := await _checked(sentence, question, passages, code, verdicts):
                    yield shown
    if shown := await _checked(held, question, passages, code, verdicts):
        yield shown


async def _checked(
    sentence: str, question: str, passages: Sequence[Passage], code: str, verdicts: Verdicts
) -> str:
    return await asyncio.to_thread(_release, sentence, question, passages, code, verdicts)


def _release(
    sentence: str, question: str, passages: Sequence[Passage], code: str, verdicts: Verdicts
) -> str:
    """The sentence as it is shown, or nothing, with the verdict counted."""
    cited = {int(n) for n in _CITATION.findall(sentence) if 1 <= int(n) <= len(passages)}
    said = " ".join(_CITATION.sub(" ", sentence).split())
    said = _ITEM.sub("", re.sub(r"\s+([.,;:!?])", r"\1", said))
    if not said:
        return ""
    # a sentence that cites nothing stands where one passage alone supports it
    candidates = [sorted(cited)] if cited else [[n] for n in range(1, len(passages) + 1)]
    reason = "no passages"
    for numbers in candidates:
        these = [passages[n - 1] for n in numbers]
        reason = _fault(said, question, these, code)
        if not reason and contested(said, question, these, passages):
            reason = DISPUTED
        if not reason:
            first = not verdicts.released
            verdicts.released += 1
            marks = "".join(f" [{n}]" for n in numbers)
            return ("" if first else " ") + inert(said) + marks
        if reason == DISPUTED:
            break
    known = cited or reason == DISPUTED
    verdicts.withheld[reason if known else "no citation, and no passage supports it"] += 1
    return ""


def _fault(said: str, question: str, cited: Sequence[Passage], code: str) -> str:
    """Why a sentence may not be shown; empty when it may."""
    if code in said.replace(" ", "") or _repeats_rules(said):
        return "a repetition of the prompt"
    uris = " ".join(passage.uri for passage in cited)
    if any(address not in uris for address in addresses(said)):
        return "an address that no citation has"
    return check_sentence(said, question, cited).reason


def _runs(text: str) -> set[tuple[str, ...]]:
    words = [word.lower() for word in _WORD.findall(text)]
    return {tuple(words[at : at + RUN]) for at in range(len(words) - RUN + 1)}


_RULES = _runs(INSTRUCTIONS) | _runs(QUOTING)


def _repeats_rules(said: str) -> bool:
    return not _RULES.isdisjoint(_runs(said))
