"""Answers as HTML that fetches nothing: no links, no images, no raw HTML, whatever came in."""

from __future__ import annotations

import re
from collections.abc import Collection

import nh3
from markdown_it import MarkdownIt

_TAGS = {"p", "blockquote", "strong", "em", "code", "ul", "ol", "li", "br"}
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False}).disable(
    ["image", "link", "autolink", "reference"]
)
_CITATION = re.compile(r"\[(\d{1,2})\]")


def answer_html(text: str, citations: Collection[int]) -> str:
    """The answer's Markdown as safe HTML, its citations as buttons that open the source."""
    html = nh3.clean(_MARKDOWN.render(text), tags=_TAGS, attributes={})

    def button(found: re.Match[str]) -> str:
        number = int(found[1])
        if number not in citations:
            return found[0]
        return (
            f'<button type="button" class="cite" data-cite="{number}"'
            f' aria-label="Source {number}">{number}</button>'
        )

    return _CITATION.sub(button, html)
