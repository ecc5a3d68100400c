"""Small files that cost much, each of its own kind."""

from __future__ import annotations

import zipfile
from io import BytesIO

from ingestion import formats
from tests.ingestion.fuzz.corpus import corpus, zipped

_ENTITIES = (
    b'<!DOCTYPE a [<!ENTITY a0 "ha">'
    + b"".join(
        b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 12)
    )
    + b"]>"
)  # fmt: skip


def bombs() -> dict[str, bytes]:
    """By a name that ends as the format's files do."""
    nested = zipped({"a.txt": b"0" * 50_000_000})
    for _ in range(2):
        nested = zipped({f"{n}.zip": nested for n in range(20)})
    return {
        "unpacks.zip": zipped({f"{n}.txt": b"0" * 50_000_000 for n in range(7)}),
        "nested.zip": nested,
        "lies.docx": _lying(zipped({"word/document.xml": b"0" * formats.MAX_UNPACKED})),
        "entities.docx": _with("a.docx", "word/document.xml", _ENTITIES + b"<a>&a11;</a>"),
        "entities.odt": _with("a.odt", "content.xml", _ENTITIES + b"<a>&a11;</a>"),
        "entities.epub": _with("a.epub", "META-INF/container.xml", _ENTITIES + b"<a>&a11;</a>"),
        "entities.xlsx": _with("a.xlsx", "xl/workbook.xml", _ENTITIES + b"<a>&a11;</a>"),
        "pages.pdf": _pages(100_000),
        "deep.html": b"<div>" * 500_000 + b"x",
        "wide.csv": b"a," * 1_000_000,
        "far.xlsx": _far(),
        "selectors.html": b"<style>" + b"* * * * * * * *{display:none}" * 2_000 + b"</style>"
                          + b"<i>" * 3_000 + b"words",
        "parts.eml": b"Content-Type: multipart/mixed; boundary=x\r\n\r\n"
                     + b"--x\r\nContent-Disposition: attachment\r\n\r\nwords\r\n" * 100_000
                     + b"--x--",
        "numbers.txt": b"1 " * 500_000,
    }  # fmt: skip


def _with(name: str, member: str, content: bytes) -> bytes:
    """The sound file of this name with another member."""
    with zipfile.ZipFile(BytesIO(corpus()[name])) as packed:
        members = {entry.filename: packed.read(entry) for entry in packed.infolist()}
    return zipped({**members, member: content})


def _lying(content: bytes) -> bytes:
    """An archive whose directories state that its members are small."""
    size = formats.MAX_UNPACKED.to_bytes(4, "little")
    return content.replace(size, (10).to_bytes(4, "little"))


def _pages(count: int) -> bytes:
    kids = b" ".join(b"%d 0 R" % n for n in range(4, 4 + count))
    drawn = b"BT /F 12 Tf 9 9 Td (words) Tj ET"
    parts = [
        b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj",
        b"2 0 obj<</Type/Pages/Count %d/Kids[%s]>>endobj" % (count, kids),
        b"3 0 obj<</Length %d>>stream\n%s\nendstream endobj" % (len(drawn), drawn),
        *(
            b"%d 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 3 0 R"
            b"/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj" % n
            for n in range(4, 4 + count)
        ),
    ]
    body, places = b"%PDF-1.4\n", []
    lines = []
    length = len(body)
    for part in parts:
        places.append(length)
        lines.append(part + b"\n")
        length += len(part) + 1
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return (
        body + b"".join(lines)
        + b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1) + table
        + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(parts) + 1, length)
    )  # fmt: skip


def _far() -> bytes:
    """A sheet of one cell, as far out as a sheet goes."""
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    with zipfile.ZipFile(BytesIO(corpus()["a.xlsx"])) as packed:
        sheet = packed.read("xl/worksheets/sheet1.xml")
    sheet = sheet.replace(b"</sheetData>", far + b"</sheetData>")
    return _with("a.xlsx", "xl/worksheets/sheet1.xml", sheet)
