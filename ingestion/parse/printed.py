"""What a page of a PDF shows: text without ink, on its own colour, or too small is left out.

A scanned page is a picture, often with a layer of text without ink above it that a program has
recognised. Nobody sees whether that is what the picture says.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from pdfminer.converter import PDFPageAggregator
from pdfminer.layout import LTChar, LTCurve, LTImage

SMALLEST = 1.5
"""Points; nobody reads smaller letters."""
_NO_INK = (3, 7)
"""Text render modes of ISO 32000-1, table 106, that paint nothing."""
_NEAR = 0.06
_KNOWN = 200_000
"""So many painted shapes are kept of a page."""
_PICTURE, _STAMP = 0.5, 100
"""A share of the page, and characters."""
_INKLESS = "characters printed without ink"
Colour = tuple[float, float, float]
WHITE: Colour = (1.0, 1.0, 1.0)


@dataclass
class Page:
    """`left_out` counts characters that nobody sees, by kind; `printed` those that are seen.
    `pictured` is how much of the page pictures cover, as a share; `layer` what is without ink."""

    left_out: Counter[str] = field(default_factory=Counter)
    printed: int = 0
    pictured: float = 0.0
    layer: list[LTChar] = field(default_factory=list)

    @property
    def scanned(self) -> bool:
        """Whether the page is a picture with hardly more than a stamp on it."""
        return self.pictured >= _PICTURE and self.printed < _STAMP


@dataclass
class Printed:
    """The pages by their numbers: one that is laid out twice is counted once. With `with_layer`
    the layer of a scanned page is taken for its text."""

    with_layer: bool
    pages: dict[int, Page] = field(default_factory=dict)

    @property
    def left_out(self) -> Counter[str]:
        return sum((page.left_out for page in self.pages.values()), Counter())

    @property
    def scanned(self) -> list[int]:
        """The numbers of the scanned pages, from 1 on, in order."""
        return sorted(number for number, page in self.pages.items() if page.scanned)


class PrintedPages(PDFPageAggregator):  # type: ignore[misc, unused-ignore]
    """Lays out the characters of a page that a reader sees.

    Not seen through: what is painted over a text later, transparency, and clipping.
    """

    def __init__(self, *given: Any, seen: Printed, **named: Any) -> None:
        super().__init__(*given, **named)
        self._seen, self._mode = seen, 0
        self._shapes: list[tuple[tuple[float, float, float, float], Colour | None]] = []

    def begin_page(self, page: Any, ctm: Any) -> None:
        super().begin_page(page, ctm)
        self._shapes, self._bounds = [], self.cur_item.bbox
        self._page = self._seen.pages[self.pageno] = Page()

    def end_page(self, page: Any) -> None:
        if self._seen.with_layer and self._page.scanned:
            for character in self._page.layer:
                self.cur_item.add(character)
            del self._page.left_out[_INKLESS]
        super().end_page(page)

    def render_string(self, textstate: Any, *given: Any) -> None:
        self._mode = textstate.render
        super().render_string(textstate, *given)

    def paint_path(self, gstate: Any, stroke: bool, fill: bool, evenodd: bool, path: Any) -> None:
        before = len(self.cur_item)
        super().paint_path(gstate, stroke, fill, evenodd, path)
        if fill:
            for shape in list(self.cur_item)[before:] if len(self._shapes) < _KNOWN else ():
                if isinstance(shape, LTCurve):
                    self._shapes.append((shape.bbox, _colour(gstate.ncolor, gstate.ncs)))

    def render_image(self, name: str, stream: Any) -> None:
        super().render_image(name, stream)
        image = self.cur_item._objs[-1] if self.cur_item._objs else None
        if isinstance(image, LTImage):
            self._shapes.append((image.bbox, None))
            left, bottom, right, top = self._bounds
            x0, y0, x1, y1 = image.bbox
            width = min(x1, right) - max(x0, left)
            height = min(y1, top) - max(y0, bottom)
            area = (right - left) * (top - bottom)
            self._page.pictured += max(width, 0) * max(height, 0) / area if area else 0

    def render_char(self, *given: Any) -> float:
        advance = float(super().render_char(*given))
        character = self.cur_item._objs[-1]
        if not isinstance(character, LTChar):
            return advance
        text = bool(character.get_text().strip())
        if kind := self._hidden(character):
            self.cur_item._objs.pop()
            self._page.left_out[kind] += text
            if kind == _INKLESS:
                self._page.layer.append(character)
        else:
            self._page.printed += text
        return advance

    def _hidden(self, character: LTChar) -> str:
        if self._mode in _NO_INK:
            return _INKLESS
        if character.size < SMALLEST:
            return "tiny characters"
        x = (character.x0 + character.x1) / 2
        y = (character.y0 + character.y1) / 2
        left, bottom, right, top = self._bounds
        if not (left <= x <= right and bottom <= y <= top):
            return "characters beside the page"
        colour = _colour(character.graphicstate.ncolor, character.ncs)
        below: Colour | None = WHITE
        for (x0, y0, x1, y1), painted in reversed(self._shapes):
            if x0 <= x <= x1 and y0 <= y <= y1:
                below = painted
                break
        if colour and below and all(abs(a - b) < _NEAR for a, b in zip(colour, below, strict=True)):
            return "characters in the colour of their background"
        return ""


def _colour(value: Any, space: Any) -> Colour | None:
    """Red, green and blue, 0 to 1; None for patterns and inks whose colour we do not know."""
    numbers = value if isinstance(value, list | tuple) else (value,)
    if not all(isinstance(n, int | float) for n in numbers):
        return None
    if getattr(space, "name", "") in ("Separation", "DeviceN", "Indexed", "Pattern"):
        return None
    if len(numbers) == 1:
        return (numbers[0],) * 3
    if len(numbers) == 3:
        return numbers[0], numbers[1], numbers[2]
    if len(numbers) == 4:
        c, m, y, k = numbers
        return (1 - c) * (1 - k), (1 - m) * (1 - k), (1 - y) * (1 - k)
    return None
