"""One small sound file of each format, made anew the same each time."""

from __future__ import annotations

import json
import tempfile
import zipfile
from email.message import EmailMessage
from functools import cache
from io import BytesIO
from pathlib import Path

import openpyxl
import pypandoc
from fpdf import FPDF

PAGE = """---
title: Travel
---
# Going away

All trips need a form, says +1 212 555 0182. See [the list](https://evil.example/x).

- one
- two

| city | price |
|------|-------|
| Rome | 90    |
"""


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return buffer.getvalue()


@cache
def corpus() -> dict[str, bytes]:
    """By name; the formats that pandoc writes, and those that it does not."""
    found = {
        "a.md": PAGE.encode(),
        "a.txt": b"Words of a text.\n\nAnd more of them.\n",
        "a.csv": b"city,price\nRome,90\n",
        "a.json": json.dumps({"title": "Trips", "cities": [{"name": "Rome"}]}).encode(),
        "a.eml": _message(),
        "a.pdf": _pdf(),
        "a.xlsx": _sheet(),
    }
    with tempfile.TemporaryDirectory() as folder:
        for form in ("html", "docx", "pptx", "odt", "rtf", "epub"):
            path = Path(folder, f"a.{form}")
            pypandoc.convert_text(
                PAGE, form, "md", outputfile=str(path), extra_args=["--standalone"]
            )
            found[path.name] = path.read_bytes()
    found["a.zip"] = zipped({name: found[name] for name in ("a.md", "a.eml", "a.docx")})
    return found


def _message() -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = "a@house.example", "b@house.example"
    message["Subject"] = "Offer"
    message.set_content("See the attachment.")
    message.add_attachment(b"# Offer\n\nTen probes.", "text", "markdown", filename="offer.md")
    return message.as_bytes()


def _pdf() -> bytes:
    made = FPDF()
    for n in range(2):
        made.add_page()
        made.set_font("helvetica", size=12)
        made.multi_cell(0, 8, f"Page {n} says that all trips need a form.")
    return bytes(made.output())


def _sheet() -> bytes:
    made = openpyxl.Workbook()
    made.active.append(["city", "price"])
    made.active.append(["Rome", 90])
    buffer = BytesIO()
    made.save(buffer)
    return buffer.getvalue()
