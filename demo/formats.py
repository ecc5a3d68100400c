"""Render a document of the corpus into the kind of file that it would be at work."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape
from io import BytesIO

from demo.document import Written

FIXED = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""The date in files that need one, so that the same text gives the same bytes."""
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*")
_ZIP_DATE = (2026, 1, 5, 9, 0, 0)


def render(document: Written) -> bytes:
    """The file's bytes. Raises ValueError for a format that we do not write."""
    renderer = _RENDERERS.get(document.format)
    if renderer is None:
        raise ValueError(f"{document.path}: unknown format {document.format!r}")
    return renderer(document)


def _md(document: Written) -> bytes:
    body = document.body
    heading = "" if body.startswith("# ") else f"# {document.title}\n\n"
    return f"{heading}{body}".encode()


def _html(document: Written) -> bytes:
    heading = "" if document.body.startswith("# ") else f"<h1>{escape(document.title)}</h1>\n"
    return (
        '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">'
        f"<title>{escape(document.title)}</title></head>\n<body>\n{heading}{document.html}"
        "</body>\n</html>\n"
    ).encode()


def _pdf(document: Written) -> bytes:
    from fpdf import FPDF

    pdf = FPDF(format="A4")
    pdf.set_creation_date(FIXED)
    pdf.set_title(document.title)
    pdf.set_margin(22)
    pdf.set_auto_page_break(True, 22)
    pdf.add_page()
    width = pdf.epw
    pdf.set_font("Helvetica", "B", 18)
    pdf.multi_cell(width, 9, document.title, new_x="LMARGIN", new_y="NEXT")
    pdf.ln(3)
    for block in document.blocks():
        if block.kind == "heading":
            pdf.ln(2)
            pdf.set_font("Helvetica", "B", 15 if block.level == 1 else 13)
            pdf.multi_cell(width, 7, block.text, new_x="LMARGIN", new_y="NEXT")
        elif block.kind == "table":
            pdf.set_font("Helvetica", "", 9)
            with pdf.table(width=int(width)) as table:
                for cells in block.rows:
                    table.row(cells)
        else:
            text = f"- {block.text}" if block.kind == "item" else block.text
            pdf.set_font("Helvetica", "", 10.5)
            pdf.multi_cell(width, 5.4, text, new_x="LMARGIN", new_y="NEXT")
            pdf.ln(1.6)
    return bytes(pdf.output())


def _docx(document: Written) -> bytes:
    from docx import Document

    file = Document()
    file.core_properties.title = document.title
    file.core_properties.author = str(document.fields.get("author", "Lumen Harbour"))
    file.core_properties.created = file.core_properties.modified = FIXED
    file.add_heading(document.title, 0)
    for block in document.blocks():
        if block.kind == "heading":
            file.add_heading(block.text, block.level)
        elif block.kind == "table":
            table = file.add_table(rows=0, cols=len(block.rows[0]))
            for cells in block.rows:
                for cell, text in zip(table.add_row().cells, cells, strict=True):
                    cell.text = text
        else:
            file.add_paragraph(block.text, style="List Bullet" if block.kind == "item" else None)
    return _saved(file.save)


def _xlsx(document: Written) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    book.properties.title = document.title
    book.properties.created = book.properties.modified = FIXED.replace(tzinfo=None)
    sheet = book.active
    assert sheet is not None
    sheet.title = "Notes"
    used = False
    for block in document.blocks():
        if block.kind == "heading":
            name = block.text[:31].replace("/", "-")
            if used:
                sheet = book.create_sheet(name)
            sheet.title = name
            used = False
            continue
        for row in block.rows or ((block.text,),):
            sheet.append([_number(cell) for cell in row])
        used = True
    return _saved(book.save)


def _pptx(document: Written) -> bytes:
    from pptx import Presentation

    slides = Presentation()
    slides.core_properties.title = document.title
    slides.core_properties.created = slides.core_properties.modified = FIXED
    slide = slides.slides.add_slide(slides.slide_layouts[0])
    slide.shapes.title.text = document.title
    body = slide.placeholders[1].text_frame
    for block in document.blocks():
        if block.kind == "heading":
            slide = slides.slides.add_slide(slides.slide_layouts[1])
            slide.shapes.title.text = block.text
            body = slide.placeholders[1].text_frame
            continue
        for text in [" | ".join(row) for row in block.rows] or [block.text]:
            paragraph = body.add_paragraph() if body.text else body.paragraphs[0]
            paragraph.text = text
    return _saved(slides.save)


def _eml(document: Written) -> bytes:
    message = EmailMessage()
    fields = document.fields
    message["From"] = str(fields["from"])
    message["To"] = str(fields["to"])
    message["Subject"] = str(fields.get("subject", document.title))
    message["Date"] = format_datetime(
        datetime.fromisoformat(str(fields.get("date", FIXED.date()))).replace(tzinfo=UTC, hour=9)
    )
    message["Message-ID"] = f"<{document.path.name}@lumenharbour.example>"
    message.set_content(document.body)
    return message.as_bytes()


_RENDERERS: dict[str, Callable[[Written], bytes]] = {
    "md": _md,
    "html": _html,
    "pdf": _pdf,
    "docx": _docx,
    "xlsx": _xlsx,
    "pptx": _pptx,
    "eml": _eml,
}


def _number(cell: str) -> str | int | float:
    """Figures as figures, so that a sheet holds what a sheet would."""
    plain = cell.replace(",", "")
    try:
        return int(plain)
    except ValueError:
        try:
            return float(plain)
        except ValueError:
            return cell


def _saved(save: Callable[[BytesIO], object]) -> bytes:
    """An office file with the dates of its parts fixed: they say when it was zipped."""
    raw, fixed = BytesIO(), BytesIO()
    save(raw)
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(fixed, "w") as target:
        for name in source.namelist():
            info = zipfile.ZipInfo(name, _ZIP_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            # openpyxl states the time of saving, whatever the properties say
            content = _MODIFIED.sub(rb"\g<1>2026-01-05T09:00:00Z", source.read(name))
            target.writestr(info, content)
    return fixed.getvalue()
