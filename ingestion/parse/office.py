"""Office files without what their programs do not show: hidden and white text, slides, sheets."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from typing import Any

from lxml import etree

from ingestion import formats

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_OFF = ("0", "false", "off", "none")
_SMALLEST = 3.0
"""Points."""

Take = Callable[[Any, Counter[str], frozenset[str]], None]


def without_hidden(mime: str, content: bytes, stripped: Counter[str]) -> bytes:
    """The same file without it; `stripped` counts what was taken out."""
    names, take = OFFICE[mime]
    with zipfile.ZipFile(BytesIO(content)) as packed:
        styles = _hiding_styles(packed)
        buffer = BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as kept:
            for entry in packed.infolist():
                data = packed.read(entry)
                if names.search(entry.filename):
                    tree = etree.fromstring(data, _parser())
                    take(tree, stripped, styles)
                    data = etree.tostring(tree, xml_declaration=True, encoding="UTF-8")
                kept.writestr(entry.filename, data)
    return buffer.getvalue()


def _parser() -> etree.XMLParser:
    """Without entities: they could read files, or unpack to more than the memory."""
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


def _hiding_styles(packed: zipfile.ZipFile) -> frozenset[str]:
    if "word/styles.xml" not in packed.namelist():
        return frozenset()
    tree = etree.fromstring(packed.read("word/styles.xml"), _parser())
    return frozenset(
        style.get(f"{_WORD}styleId") or ""
        for style in tree.iter(f"{_WORD}style")
        if _is_on(style.find(f"{_WORD}rPr/{_WORD}vanish"))
    )


def _is_on(node: Any) -> bool:
    return node is not None and node.get(f"{_WORD}val", "1").lower() not in _OFF


def _take(node: Any, kind: str, stripped: Counter[str]) -> None:
    stripped[kind] += bool("".join(node.itertext()).strip())
    node.getparent().remove(node)


def _of_word(tree: Any, stripped: Counter[str], styles: frozenset[str]) -> None:
    shaded = {
        node
        for shade in tree.iter(f"{_WORD}shd")
        if (shade.get(f"{_WORD}fill") or "auto").lower() not in ("auto", "ffffff")
        for node in [shade.getparent().getparent()]
    }
    for run in list(tree.iter(f"{_WORD}r")):
        paragraph = next(run.iterancestors(f"{_WORD}p"), None)
        names = [run.find(f"{_WORD}rPr/{_WORD}rStyle")]
        if paragraph is not None:
            names.append(paragraph.find(f"{_WORD}pPr/{_WORD}pStyle"))
        by_style = any(n is not None and n.get(f"{_WORD}val") in styles for n in names)
        properties = run.find(f"{_WORD}rPr")
        own = properties.find(f"{_WORD}vanish") if properties is not None else None
        if _is_on(own) or (by_style and own is None):
            _take(run, "hidden texts", stripped)
        elif properties is not None:
            colour = properties.find(f"{_WORD}color")
            size = properties.find(f"{_WORD}sz")
            white = colour is not None and (colour.get(f"{_WORD}val") or "").lower() == "ffffff"
            coloured = properties.find(f"{_WORD}highlight") is not None or any(
                node in shaded for node in (run, *run.iterancestors())
            )
            if white and not coloured:
                _take(run, "white texts", stripped)
            elif size is not None and _number(size.get(f"{_WORD}val")) / 2 < _SMALLEST:
                _take(run, "tiny texts", stripped)


def _of_slide(tree: Any, stripped: Counter[str], styles: frozenset[str]) -> None:
    if tree.get("show", "1").lower() in _OFF:
        for text in list(tree.iter(f"{_DRAWING}t")):
            stripped["texts on hidden slides"] += bool(text.text)
            text.text = ""
    for shape in list(tree.iter("{*}cNvPr")):
        if shape.get("hidden", "0").lower() not in _OFF:
            _take(shape.getparent().getparent(), "hidden texts", stripped)
    for run in list(tree.iter(f"{_DRAWING}r")):
        size = run.find(f"{_DRAWING}rPr")
        if size is not None and _number(size.get("sz")) / 100 < _SMALLEST:
            _take(run, "tiny texts", stripped)


def _of_sheet(tree: Any, stripped: Counter[str], styles: frozenset[str]) -> None:
    for name in ("definedNames", "bookViews"):  # they count sheets
        for node in tree.findall(f"{_SHEET}{name}"):
            tree.remove(node)
    for sheet in list(tree.iter(f"{_SHEET}sheet")):
        if sheet.get("state", "visible") != "visible":
            stripped["hidden sheets"] += 1
            sheet.getparent().remove(sheet)
    for row in list(tree.iter(f"{_SHEET}row")):
        if row.get("hidden", "0") not in _OFF:
            stripped["hidden rows"] += 1
            row.getparent().remove(row)
    for column in tree.iter(f"{_SHEET}col"):
        if column.get("hidden", "0") not in _OFF:
            first, last = int(_number(column.get("min"))), int(_number(column.get("max")))
            cells = [
                cell
                for cell in tree.iter(f"{_SHEET}c")
                if first <= _column(cell.get("r") or "") <= last
            ]
            stripped["hidden columns"] += bool(cells)
            for cell in cells:
                cell.getparent().remove(cell)


def _column(reference: str) -> int:
    """The number of the column of a cell's name: 28 of AB7."""
    number = 0
    for letter in reference.rstrip("0123456789"):
        number = number * 26 + ord(letter) - 64
    return number


def _number(value: str | None) -> float:
    """A number as it is written, very large where there is none."""
    try:
        return float(value or "inf")
    except ValueError:
        return float("inf")


OFFICE: dict[str, tuple[re.Pattern[str], Take]] = {
    formats.BY_SUFFIX[".docx"]: (re.compile(r"^word/[^/]*\.xml$"), _of_word),
    formats.BY_SUFFIX[".pptx"]: (re.compile(r"^ppt/slides/[^/]*\.xml$"), _of_slide),
    formats.BY_SUFFIX[".xlsx"]: (
        re.compile(r"^xl/workbook\.xml$|^xl/worksheets/[^/]*\.xml$"),
        _of_sheet,
    ),
}
"""Which parts of a file may hide something, and how it is taken out."""
