"""Which styles a page of HTML gives its nodes: enough of CSS to tell what is not shown.

Every rule that can match counts, whatever its weight: a page that hides and shows the same text
by turns is taken to hide it. Not understood: scripts, imported sheets, selectors beyond tags,
classes, ids, `[attributes]`, descendants and children.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

from lxml import etree, html

Style = dict[str, str]
"""Values by property, both in lower case."""

_COMMENT = re.compile(r"/\*.*?\*/", re.S)
_ELSEWHERE = re.compile(
    r"@media[^{]*(?:\bprint\b|max-width\s*:\s*\d{1,3}px)[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", re.I
)
"""Rules for paper and small screens."""
_RULE = re.compile(r"([^{}@;]+)\{([^{}]*)\}")
_PART = re.compile(r"([.#]?)([\w-]+)|\[([\w-]+)\]|(\*)")
_RULES = 2_000


def declared(text: str) -> Style:
    """What a style attribute says."""
    found: Style = {}
    for part in text.lower().split(";"):
        name, colon, value = part.partition(":")
        if colon:
            found[name.strip()] = value.replace("!important", "").strip()
    return found


def styles(tree: html.HtmlElement) -> dict[Any, Style]:
    """The style of every node that has one, from its sheets and its own attributes."""
    found: defaultdict[Any, Style] = defaultdict(dict)
    sheet = "\n".join(node.text_content() for node in tree.iter("style"))
    sheet = _ELSEWHERE.sub("", _COMMENT.sub("", sheet))
    for selectors, body in _RULE.findall(sheet)[:_RULES]:
        style = declared(body)
        for selector in selectors.split(","):
            if style and (path := _xpath(selector.strip())):
                for node in tree.xpath(path):
                    found[node].update(style)
    for node in tree.iter(etree.Element):
        for attribute, name in (("color", "color"), ("bgcolor", "background-color")):
            if value := node.get(attribute):
                found[node].setdefault(name, value.lower())
        if own := node.get("style"):
            found[node].update(declared(own))
    return found


def _xpath(selector: str) -> str:
    """The XPath of a selector, or nothing where it says more than we understand."""
    path, axis = "", "//"
    for word in selector.replace(">", " > ").split():
        if word == ">":
            axis = "/"
            continue
        parts = list(_PART.finditer(word))
        if "".join(part[0] for part in parts) != word:
            return ""
        tag, tests = "*", ""
        for sign, name, attribute, _ in (part.groups() for part in parts):
            if attribute:
                tests += f"[@{attribute.lower()}]"
            elif sign == ".":
                tests += f"[contains(concat(' ',normalize-space(@class),' '),' {name} ')]"
            elif sign == "#":
                tests += f"[@id='{name}']"
            elif name:
                tag = f"*[local-name()='{name.lower()}']"
        path += f"{axis}{tag}{tests}"
        axis = "//"
    return path
