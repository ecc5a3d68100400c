"""What a browser would not show of a page of HTML is taken out of it, and counted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from lxml import etree, html
from PIL import ImageColor

from ingestion.parse.style import Style, styles

Colour = tuple[int, int, int]
WHITE: Colour = (255, 255, 255)
SMALLEST = 3.0
"""Pixels; nobody reads smaller letters."""
_NEAR = 24
"""So far apart, of 255, two colours are not told from one another."""
_SILENT = "//script|//style|//head|//iframe|//object|//svg"
_LENGTH = re.compile(r"(-?[\d.]+)\s*(px|pt|em|rem|%|vw|vh)?$")
_FAR = re.compile(r"-\d{3,}")
_NOTHING = re.compile(r"0(?:\.0*)?(?:px|pt|em|rem|%)?$")
_PIXELS = {"px": 1.0, "pt": 4 / 3, "rem": 16.0, "vw": 10.0, "vh": 8.0}


@dataclass(frozen=True)
class _Look:
    """What a node inherits. A background of None is a picture, on which all may be seen."""

    colour: Colour = (0, 0, 0)
    clear: bool = False
    background: Colour | None = WHITE
    size: float = 16.0

    def within(self, style: Style) -> _Look:
        """The look of a node inside this one."""
        look = replace(self, size=_size(style.get("font-size", ""), self.size))
        if (colour := style.get("color")) is not None:
            look = replace(look, clear=_is_clear(colour), colour=_colour(colour) or self.colour)
        for name in ("background", "background-color"):
            if (background := style.get(name)) is not None and not _is_clear(background):
                look = replace(look, background=_colour(background))
        return replace(look, background=None) if "background-image" in style else look

    def hides(self) -> str:
        """The kind of what cannot be read in this look, or nothing."""
        if self.size < SMALLEST:
            return "tiny texts"
        if self.clear or (self.background is not None and near(self.colour, self.background)):
            return "texts in the colour of their background"
        return ""


def near(one: Colour, other: Colour) -> bool:
    return all(abs(a - b) <= _NEAR for a, b in zip(one, other, strict=True))


def take_hidden(tree: html.HtmlElement, stripped: Counter[str]) -> None:
    """Change `tree` to what is shown of it; `stripped` counts what was text, by kind."""
    look = styles(tree)
    for comment in list(tree.iter(etree.Comment)):
        stripped["comments"] += bool((comment.text or "").strip())
        _drop(comment)
    for node in tree.xpath(_SILENT):
        _drop(node)
    for node in list(tree.iter(etree.Element)):
        if node is not tree and _is_hidden(node, look.get(node, {})):
            stripped["hidden elements"] += bool(node.text_content().strip())
            _drop(node)
    _take_unreadable(tree, look, stripped)


def _drop(node: Any) -> None:
    if node.getparent() is not None:
        node.drop_tree()


def _is_hidden(node: Any, style: Style) -> bool:
    if node.tag in ("template", "noscript"):
        return True
    if node.get("hidden") is not None or (node.tag == "input" and node.get("type") == "hidden"):
        return True
    clipped = style.get("overflow", "") in ("hidden", "clip")
    return (
        style.get("display") == "none"
        or style.get("visibility") in ("hidden", "collapse")
        or bool(_NOTHING.match(style.get("opacity", "")))
        or bool(_FAR.match(style.get("text-indent", "")))
        or any(_FAR.match(style.get(side, "")) for side in ("left", "top", "right", "bottom"))
        or (clipped and any(_NOTHING.match(style.get(n, "")) for n in ("height", "width")))
        or (clipped and any(_NOTHING.match(style.get(f"max-{n}", "")) for n in ("height", "width")))
        or "scale(0)" in style.get("transform", "")
        or bool(re.match(r"rect\(\s*[01](px)?[\s,]+[01]", style.get("clip", "")))
        or "inset(50%" in style.get("clip-path", "").replace("100%", "50%")
    )


def _take_unreadable(root: Any, look: Mapping[Any, Style], stripped: Counter[str]) -> None:
    stack = [(root, _Look())]
    while stack:
        node, outer = stack.pop()
        own = outer.within(look.get(node, {}))
        if kind := own.hides():
            texts = [node.text, *(child.tail for child in node)]
            stripped[kind] += sum(bool(text and text.strip()) for text in texts)
            node.text = None
            for child in node:
                child.tail = None
        stack += [(child, own) for child in node.iterchildren(etree.Element)]


def _is_clear(value: str) -> bool:
    if value in ("transparent", "none"):
        return True
    alpha = re.match(r"(?:rgba|hsla)\(.*[,/]\s*([\d.]+)(%?)\s*\)$", value)
    if alpha:
        return float(alpha[1] or 1) / (100 if alpha[2] else 1) < 0.05
    return bool(re.fullmatch(r"#(?:[\da-f]{3}0|[\da-f]{6}0[\da-f])", value))


def _colour(value: str) -> Colour | None:
    """The colour that a value names; None where it names a picture or what we do not know."""
    numbers = re.match(r"rgba?\(\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)", value)
    if numbers:
        return int(numbers[1]), int(numbers[2]), int(numbers[3])
    for word in (value, value.partition(" ")[0]):
        try:
            return ImageColor.getrgb(word)[:3]
        except ValueError:
            continue
    return None


def _size(value: str, inherited: float) -> float:
    """A font size in pixels."""
    found = _LENGTH.match(value)
    if not found:
        return inherited
    try:
        number = float(found[1])
    except ValueError:
        return inherited
    unit = found[2] or "px"
    if unit in _PIXELS:
        return number * _PIXELS[unit]
    return number * inherited / (100 if unit == "%" else 1)
