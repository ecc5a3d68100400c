"""Markdown and HTML: what they state about themselves, and what people see of them."""

from __future__ import annotations

import re
from datetime import date

import yaml
from lxml import etree, html
from markdown_it import MarkdownIt

from app.domain.document import Element
from ingestion.parse.partition import of_html

_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0", re.I)
_DROPPED_TAGS = "//script|//style|//template|//noscript|//head|//iframe|//object|//svg|//*[@hidden]"
_FRONT_MATTER = re.compile(r"\A---\s*\n(.*?)\n---\s*\n", re.S)
_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")

Read = tuple[str, dict[str, str], list[Element]]
"""Title, metadata and elements of one file."""


def from_markdown(text: str) -> Read:
    metadata: dict[str, str] = {}
    if front := _FRONT_MATTER.match(text):
        text = text[front.end() :]
        try:
            stated = yaml.safe_load(front[1])
        except yaml.YAMLError:
            stated = None
        if isinstance(stated, dict):
            # lists are left out: aliases can make a small one endless when it is written out
            metadata = {
                str(k).lower(): str(v)
                for k, v in stated.items()
                if isinstance(k, str) and isinstance(v, str | int | float | date)
            }
    _, _, elements = from_html(_MARKDOWN.render(text))
    return metadata.get("title", ""), metadata, elements


def from_html(text: str) -> Read:
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        tree = html.document_fromstring(text.encode(), parser=parser)
    except etree.ParserError:  # there is nothing in it
        return "", {}, []
    title = tree.findtext(".//title") or ""
    metadata = {
        str(meta.get("name")).lower(): str(meta.get("content"))
        for meta in tree.iterfind(".//meta[@name][@content]")
    }
    hidden = [node for node in tree.iter() if _HIDDEN_STYLE.search(node.get("style") or "")]
    for node in (*tree.xpath(_DROPPED_TAGS), *hidden):
        if node.getparent() is not None:
            node.drop_tree()
    body = etree.tostring(tree, encoding="unicode", method="html")
    if not "".join(tree.itertext()).strip():
        return title, metadata, []
    return title, metadata, of_html(body)
