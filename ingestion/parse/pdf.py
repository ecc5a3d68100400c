"""PDF files: what their pages show, printed or scanned."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from app.domain.document import Element
from ingestion.parse import scanned
from ingestion.parse.partition import of_pdf
from ingestion.parse.printed import Printed
from ingestion.parse.reading import Read, Reading


def from_pdf(content: bytes, reading: Reading) -> Read:
    """Scanned pages are read by tesseract where it is installed, elsewhere by the layer of text
    that whoever scanned them put above."""
    tesseract = scanned.reader()
    printed = Printed(with_layer=tesseract is None)
    elements = of_pdf(content, printed, reading)
    reading.stripped.update(printed.left_out)
    if pages := printed.scanned:
        if tesseract is None:
            reading.remarks.append(
                f"read without being seen: the layer of text of {len(pages):,} scanned pages;"
                " with tesseract installed their pictures are read instead"
            )
        else:
            elements += scanned.recognised(tesseract, content, pages, reading)
            elements.sort(key=lambda element: element.page or 0)
            reading.remarks.append(f"read by tesseract: {len(pages):,} scanned pages")
    return _title(content, elements, reading), elements


def _title(content: bytes, elements: Sequence[Element], reading: Reading) -> str:
    """The title that a PDF states, where its first lines say it too: programs write anything."""
    from pypdf import PdfReader

    information = PdfReader(BytesIO(content)).metadata
    title = reading.clean(str(information.title or "")) if information else ""
    beginning = " ".join(element.text for element in elements[:5])
    return title if " ".join(title.split()).casefold() in beginning.casefold() else ""
