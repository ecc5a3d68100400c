"""Markdown and HTML: what they state about themselves, and what people see of them."""

from __future__ import annotations

import re
from datetime import date

import yaml
from lxml import etree, html
from markdown_it import MarkdownIt

from ingestion.parse.partition import of_html
from ingestion.parse.reading import Read, Reading
from ingestion.parse.visible import take_hidden

_FRONT_MATTER = re.compile(r"\A---\s*\n(.*?)\n---\s*\n", re.S)
_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")


def from_markdown(text: str, reading: Reading) -> Read:
    title = ""
    if front := _FRONT_MATTER.match(text):
        text = text[front.end() :]
        try:
            stated = yaml.safe_load(front[1])
        except yaml.YAMLError:
            stated = None
        if isinstance(stated, dict):
            # lists are left out: aliases can make a small one endless when it is written out
            for name, value in stated.items():
                if isinstance(name, str) and isinstance(value, str | int | float | date):
                    reading.state(name, value)
                    title = str(value) if name.lower() == "title" else title
    return title, from_html(_MARKDOWN.render(text), reading)[1]


def from_html(text: str, reading: Reading) -> Read:
    parser = html.HTMLParser(encoding="utf-8", remove_pis=True)
    try:
        tree = html.document_fromstring(text.encode(), parser=parser)
    except etree.ParserError:  # there is nothing in it
        return "", []
    title = tree.findtext(".//title") or ""
    for meta in tree.iterfind(".//meta[@name][@content]"):
        reading.state(meta.get("name"), meta.get("content"))
    take_hidden(tree, reading.stripped)
    body = etree.tostring(tree, encoding="unicode", method="html")
    if not "".join(tree.itertext()).strip():
        return title, []
    return title, of_html(body, reading)
