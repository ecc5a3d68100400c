"""What an answer would make a client fetch, or offer as a link: by parsers that the product does
not use for what they judge."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import html5lib
import markdown
from markdown_it import MarkdownIt

CITATION = re.compile(
    r"/documents/[0-9a-f-]{36}\?answer=(?:[0-9a-f-]{36}|None)&number=\d{1,2}(?:#cited)?"
)
_PLAIN = frozenset(
    """html head body p blockquote strong em code pre ul ol li br hr span div button a table thead
    tbody tr th td del sup article section header mark h1 h2 h3 h4 h5 h6""".split()
)
"""Elements that load nothing by themselves; any other is counted."""
_QUIET = frozenset(
    "class id type alt title aria-label role start align data-cite data-source data-answer"
    " data-conversation".split()
)
_BARE = re.compile(
    r"(?:https?|ftp|wss?)://[^\s<]|\bwww\.[\w-]+\.|\b(?:mailto|xmpp):[^\s<]"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    re.IGNORECASE,
)
"""What GitHub's dialect makes a link of in running text (GFM specification, 6.9)."""
_ENTIRE = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def in_html(page: str) -> list[str]:
    """What of a fragment of HTML would be fetched or followed: one line each."""
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    return [fault for element in tree.iter() for fault in _faults(element)]


def in_markdown(text: str) -> list[str]:
    """The same for whatever a client makes of Markdown, with raw HTML let through: CommonMark with
    tables, the first Markdown with its extras, and GitHub's links in running text."""
    first = markdown.markdown(text, extensions=["extra", "sane_lists"])
    found = in_html(_ENTIRE.render(text)) + in_html(first)
    for token in _ENTIRE.parse(text):
        parts = [c.content for c in token.children or () if c.type in ("text", "text_special")]
        found += [f"bare link: {hit[0]}" for hit in _BARE.finditer("".join(parts))]
    return found


def _faults(element: Any) -> Iterator[str]:
    name = element.tag if isinstance(element.tag, str) else "comment"
    if name == "comment":
        return
    if name not in _PLAIN:
        yield f"<{name}>"
    for attribute, value in element.attrib.items():
        if name == "a" and attribute == "href" and CITATION.fullmatch(value):
            continue
        if attribute not in _QUIET:
            yield f"<{name} {attribute}>"
