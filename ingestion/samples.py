"""A tiny sound file for each way of reading: what has read them has imported all that it needs."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

_WORDS = "Call 555-0100 to start."
_PDF = b"""%%PDF-1.4
1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj
2 0 obj <</Type /Pages /Count 1 /Kids [3 0 R]>> endobj
3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 4 0 R
 /Resources <</Font <</F <</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>>>>>>> endobj
4 0 obj <</Length %d>> stream
%s
endstream endobj
trailer <</Root 1 0 R>>
startxref
0
%%%%EOF
"""


def samples() -> Iterator[tuple[str, bytes]]:
    """Names and contents."""
    import docx
    import openpyxl
    import pptx

    yield "a.md", f"# First\n\n{_WORDS}\n\n- one\n".encode()
    yield "a.txt", f"{_WORDS}\n\nAnd more of them.\n".encode()
    shown = f"BT /F 12 Tf 40 200 Td ({_WORDS}) Tj ET".encode()
    yield "a.pdf", _PDF % (len(shown), shown)
    text = docx.Document()
    text.add_paragraph(_WORDS)
    yield "a.docx", _saved(text)
    sheet = openpyxl.Workbook()
    sheet.active.append(["who", _WORDS])
    yield "a.xlsx", _saved(sheet)
    slides = pptx.Presentation()
    slides.slides.add_slide(slides.slide_layouts[0]).shapes.title.text = _WORDS
    yield "a.pptx", _saved(slides)


def _saved(made: Any) -> bytes:
    buffer = BytesIO()
    made.save(buffer)
    return buffer.getvalue()
