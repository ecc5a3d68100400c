"""An answer around a payload, on the product's own way to the API's Markdown and the page."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from uuid import UUID

from litestar.plugins.jinja import JinjaTemplateEngine

from app.answering.context import supported_blocks
from app.answering.sentences import sentences
from app.answering.verdicts import Verdicts
from app.answering.wording import in_short, quoted
from app.domain.answer import Citation, Quote
from app.domain.scope import Passage
from app.settings import PROJECT
from app.web.markdown import answer_html

ENGINE = JinjaTemplateEngine(directory=PROJECT / "app" / "web" / "templates")
ID = UUID(int=1)


@dataclass(frozen=True)
class Shown:
    """What a client gets: `markdown` from the API, `html` for the page, at every state of it."""

    markdown: list[str]
    html: list[str]


async def shown(payload: str) -> Shown:
    """The payload as quote, title, heading, file name and address, and as what a model says: also
    where the guard finds it supported, word by word, by a document with that address."""
    passage = Passage(
        ID, ID, payload, "evaluated", payload, payload, "internal", payload, None, payload, 1.0
    )
    quotes = [
        Quote(passage, raw, read, 1.0)
        for raw, read in [(payload, payload), *sentences(payload)][:3]
    ]

    async def says() -> AsyncGenerator[str]:
        for at in range(0, len(payload), 5):
            yield payload[at : at + 5]
        yield " [1]"

    released = supported_blocks(says(), payload, [passage], "code", Verdicts())
    states = [
        quoted(quotes),
        f"{quoted(quotes)}\n\n{in_short(payload, 1)}",
        "".join([block async for block in released]),
    ]
    citations = [Citation.of(1, passage, payload)]
    template = ENGINE.get_template("fragment_answer.html")
    return Shown(
        states,
        [
            template.render(
                html=answer_html(text, {1}), citations=citations, revision=1, audit_id=ID,
                problem="", stopped=False, working=False, hidden=False, conversation_id=ID,
            )
            for text in states
        ],
    )  # fmt: skip
