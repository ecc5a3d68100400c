"""The links of a page, and what its meta elements ask of robots.

The standard library's HTML parser takes minutes for 60 kB that are made for that; this one looks
at each character a fixed number of times, and finds start tags only.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingestion.sources.http.door import AGENT
from ingestion.sources.web.address import normalise

BYTES = 2_000_000
"""Of a page that are searched."""
MAX_LINKS = 5_000
_NAME = re.compile(r"[A-Za-z][^\s/>]*+")
_SPACE = re.compile(r"[\s/]*+")
_ATTRIBUTE = re.compile(r"=?+[^\s/>=]*+")
_EQUALS = re.compile(r"\s*+=\s*+")
_BARE = re.compile(r"[^\s>]*+")
_RAW = {
    name: re.compile(rf"</{name}", re.I | re.A)
    for name in "script style textarea title xmp iframe noembed noframes".split()
}


@dataclass(frozen=True, slots=True)
class Page:
    """`links` are normalised; `robots` are the contents of the meta elements for all robots and
    for ours."""

    links: tuple[str, ...]
    robots: tuple[str, ...]


def read_page(content: bytes, url: str) -> Page:
    """What is found in the first BYTES of a page of HTML at `url`."""
    text = content[:BYTES].decode("utf-8", "replace")
    base, links, robots, based = url, dict[str, None](), list[str](), False
    for name, attributes in _tags(text):
        if name == "base" and not based and "href" in attributes:
            base, based = normalise(attributes["href"], url) or url, True
        elif name == "meta" and attributes.get("name", "").strip().lower() in (
            "robots",
            AGENT.lower(),
        ):
            robots.append(attributes.get("content", ""))
        elif name == "a" and "href" in attributes and len(links) < MAX_LINKS:
            if "nofollow" in attributes.get("rel", "").lower().split():
                continue
            if found := normalise(attributes["href"], base):
                links[found] = None
    return Page(tuple(links), tuple(robots))


def _tags(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Start tags in lower case with their attributes. What is not closed ends the page."""
    at = text.find("<")
    while at >= 0:
        name = _NAME.match(text, at + 1)
        if name is not None:
            end, attributes = _attributes(text, name.end())
            if end < 0:
                return
            yield name[0].lower(), attributes
            if raw := _RAW.get(name[0].lower()):
                closing = raw.search(text, end)
                if closing is None:
                    return
                end = closing.end()
        elif text.startswith("<!--", at):
            # `<!-->` and `<!--->` are whole comments
            end = text.find("-->", at + 2)
        elif text.startswith(("</", "<!", "<?"), at):
            end = text.find(">", at)
        else:
            end = at + 1
        if end < 0:
            return
        at = text.find("<", end)


def _attributes(text: str, at: int) -> tuple[int, dict[str, str]]:
    """Where a tag ends, or -1, and its attributes; of two with one name, the first."""
    found: dict[str, str] = {}
    while True:
        space = _SPACE.match(text, at)
        at = space.end() if space else at
        if at >= len(text):
            return -1, found
        if text[at] == ">":
            return at + 1, found
        name = _ATTRIBUTE.match(text, at)
        assert name is not None
        at, value = name.end(), ""
        if equals := _EQUALS.match(text, at):
            at = equals.end()
            if text[at : at + 1] in ("'", '"'):
                end = text.find(text[at], at + 1)
                if end < 0:
                    return -1, found
                value, at = text[at + 1 : end], end + 1
            elif bare := _BARE.match(text, at):
                value, at = bare[0], bare.end()
        found.setdefault(name[0].lower(), html.unescape(value))
