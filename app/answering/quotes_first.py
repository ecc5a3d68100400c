"""An answer that quotes lead: what they say is shown first, and then a small model's one sentence,
if they support it and none of them says otherwise."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any

from app.answering.compartment import quotes_only
from app.answering.disagreement import disputed
from app.answering.guard import check, nearest_quote
from app.answering.prompt import completion_prompt
from app.answering.wording import DISAGREE, MODEL_SILENT, in_short, quoted
from app.domain.answer import Draft, Prompt, Quote
from app.domain.scope import Passage
from app.errors import ModelUnavailable, Withdrawn
from app.inference.chat import ChatModel


async def led_by_quotes(
    model: ChatModel,
    question: str,
    quotes: tuple[Quote, ...],
    salt: str,
    authorised: Callable[[Sequence[Passage]], Awaitable[Sequence[Passage]]],
    detail: dict[str, Any],
) -> AsyncGenerator[str]:
    """The answer in blocks of inert Markdown. `authorised` gives of some passages those that may
    be read at this moment; `detail` gets the verdict, for the record.

    Raises Withdrawn when a quote may not be read any more once the model has spoken.
    """
    yield quoted(quotes)
    if quotes_only([quote.passage for quote in quotes]):
        detail["verdict"] = "quotes only"
        return
    try:
        draft = await _draft(model, completion_prompt(question, quotes), salt)
    except ModelUnavailable:
        detail["model"] = "unavailable"
        yield f"\n\n{MODEL_SILENT}"
        return
    verdict = check(draft, question)
    detail["verdict"] = verdict.reason or "supported"
    if not verdict.supported:
        return
    number = nearest_quote(draft.text, quotes)
    if disputed(draft.text, question, quotes, number):
        detail["verdict"] = "the sources disagree"
        yield f"\n\n{DISAGREE}"
        return
    if len(await authorised([quote.passage for quote in quotes])) < len(quotes):
        detail["verdict"] = "withdrawn"
        raise Withdrawn
    yield f"\n\n{in_short(draft.text, number)}"


async def _draft(model: ChatModel, prompt: Prompt, salt: str) -> Draft:
    pieces = model.complete(prompt.text, salt=salt, stop=prompt.stop, max_tokens=prompt.max_tokens)
    async with aclosing(pieces):
        return Draft("".join([piece async for piece in pieces]).strip(), prompt)
