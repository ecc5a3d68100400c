"""What nobody sees in a file is not read, and its owner is told how much there was."""

from __future__ import annotations

import shutil
from io import BytesIO

import docx
import openpyxl
import pptx
import pytest
from docx.shared import Pt as DocxPt
from docx.shared import RGBColor
from fpdf import FPDF
from fpdf.enums import TextMode
from PIL import Image, ImageDraw, ImageFont

from app.domain.document import Parsed, SourceItem
from ingestion.classify import ClassificationRules, Stated, classify
from ingestion.parse import parse

# unstructured brings torch along
pytestmark = pytest.mark.integration


def read(name: str, content: bytes | str) -> Parsed:
    data = content.encode() if isinstance(content, str) else content
    return parse(SourceItem("s", name, "", "", "", data))[0]


BACKGROUND = "texts in the colour of their background"


@pytest.mark.parametrize(
    ("hidden", "kind"),
    [
        ("<p style='display: none'>HIDDEN</p>", "hidden elements"),
        ("<div hidden>HIDDEN</div>", "hidden elements"),
        ("<p style='opacity:0.0'>HIDDEN</p>", "hidden elements"),
        ("<p style='position:absolute;left:-9999px'>HIDDEN</p>", "hidden elements"),
        ("<p style='height:0;overflow:hidden'>HIDDEN</p>", "hidden elements"),
        ("<style>p.x, #y {visibility:hidden}</style><p class='a x'>HIDDEN</p>", "hidden elements"),
        ("<style>div > p {display:none}</style><div><p>HIDDEN</p></div>", "hidden elements"),
        ("<noscript>HIDDEN</noscript>", "hidden elements"),
        ("<!-- HIDDEN -->", "comments"),
        ("<p style='font-size:0'>HIDDEN</p>", "tiny texts"),
        ("<p style='font-size:1px'>a<b style='font-size:1em'>HIDDEN</b></p>", "tiny texts"),
        ("<p style='color:#fff'>HIDDEN</p>", BACKGROUND),
        ("<p><font color='white'>HIDDEN</font></p>", BACKGROUND),
        ("<p style='color:transparent'>HIDDEN</p>", BACKGROUND),
        ("<p style='color:rgba(9,9,9,0.01)'>HIDDEN</p>", BACKGROUND),
        ("<p style='background:#000;color:rgb(9,9,9)'>HIDDEN</p>", BACKGROUND),
    ],
)
def test_hidden_html_is_counted_and_not_read(hidden: str, kind: str) -> None:
    found = read("a.html", f"<p>Shown here.</p>\n{hidden}\n<p>And here.</p>")
    assert "HIDDEN" not in found.text
    assert "Shown here." in found.text
    assert "And here." in found.text
    assert found.stripped[kind] >= 1


@pytest.mark.parametrize(
    "shown",
    [
        "<p style='background:#003;color:white'>SHOWN</p>",
        "<table bgcolor='navy'><tr><td><font color='white'>SHOWN</font></td></tr></table>",
        "<style>@media print {p {display:none}}</style><p>SHOWN</p>",
        "<p style='background:url(a.png);color:#fff'>SHOWN</p>",
        "<p style='color:#fff'><b style='color:#000'>SHOWN</b></p>",
        "<p aria-hidden='true'>SHOWN</p>",
    ],
)
def test_what_is_seen_stays(shown: str) -> None:
    assert "SHOWN" in read("a.html", f"<div>{shown}</div>").text


@pytest.mark.parametrize(
    ("character", "kind"),
    [
        ("\u200b", "zero-width characters"),
        ("\u202e", "direction characters"),
        ("\U000e0041", "tag characters"),
        ("\ufe0f", "variation selectors"),
        ("\U000e0101", "variation selectors"),
        ("\x01", "control characters"),
    ],
)
def test_invisible_characters_are_counted(character: str, kind: str) -> None:
    found = read("a.txt", f"pass{character}word is here{character}")
    assert found.text == "password is here"
    assert found.stripped == {kind: 2}


def printed(say: str) -> bytes:
    page = FPDF()
    page.add_page()
    page.set_font("helvetica", size=12)
    page.multi_cell(0, 8, "Shown to everyone.\n")
    if say == "no ink":
        with page.local_context(text_mode=TextMode.INVISIBLE):
            page.text(20, 100, "HIDDEN")
    elif say == "white":
        page.set_text_color(255)
        page.text(20, 100, "HIDDEN")
    elif say == "tiny":
        page.set_font_size(1)
        page.text(20, 100, "HIDDEN")
    elif say == "beside":
        page.text(-90, 100, "HIDDEN")
    elif say == "on a bar":
        page.set_fill_color(0, 0, 80)
        page.rect(10, 90, 100, 20, "F")
        page.set_text_color(255)
        page.text(20, 100, "SHOWN")
    return bytes(page.output())


@pytest.mark.parametrize(
    ("say", "kind"),
    [
        ("no ink", "characters printed without ink"),
        ("white", "characters in the colour of their background"),
        ("tiny", "tiny characters"),
        ("beside", "characters beside the page"),
    ],
)
def test_unprinted_text_of_a_pdf_is_counted_and_not_read(say: str, kind: str) -> None:
    found = read("a.pdf", printed(say))
    assert "HIDDEN" not in found.text
    assert "Shown to everyone." in found.text
    assert found.stripped == {kind: len("HIDDEN")}


def scan(shown: str, layer: str) -> bytes:
    """A page whose picture says one thing, and the layer of text above it another."""
    picture = Image.new("L", (1654, 2339), 255)
    font = ImageFont.load_default(60)
    ImageDraw.Draw(picture).text((200, 300), shown, fill=0, font=font)
    page = FPDF()
    page.add_page()
    page.image(picture, 0, 0, page.w, page.h)
    page.set_font("helvetica", size=12)
    with page.local_context(text_mode=TextMode.INVISIBLE):
        page.text(20, 40, layer)
    return bytes(page.output())


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tests/needs.py says so")
def test_a_scanned_page_is_read_in_its_picture() -> None:
    found = read("a.pdf", scan("Probes are calibrated.", "HIDDEN"))
    assert found.text == "Probes are calibrated."
    assert found.elements[0].page == 1
    assert found.stripped == {"characters printed without ink": len("HIDDEN")}
    assert found.remarks == ("read by tesseract: 1 scanned pages",)


def test_without_tesseract_its_layer_of_text_is_read_and_its_owner_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ingestion.parse.scanned.shutil.which", lambda name: None)
    found = read("a.pdf", scan("Probes are calibrated.", "Probes are calibrated"))
    assert found.text == "Probes are calibrated"
    [remark] = found.remarks
    assert remark.startswith("read without being seen: the layer of text of 1 scanned pages")


def test_white_on_a_dark_bar_is_read() -> None:
    assert "SHOWN" in read("a.pdf", printed("on a bar")).text


def saved(made: object) -> bytes:
    buffer = BytesIO()
    made.save(buffer)  # type: ignore[attr-defined]
    return buffer.getvalue()


def test_hidden_runs_of_a_docx_are_counted_and_not_read() -> None:
    made = docx.Document()
    paragraph = made.add_paragraph("Shown to all readers.")
    paragraph.add_run("HIDDEN").font.hidden = True
    paragraph.add_run("HIDDEN").font.color.rgb = RGBColor(255, 255, 255)
    paragraph.add_run("HIDDEN").font.size = DocxPt(1)
    made.styles.add_style("Ghost", 2).font.hidden = True
    paragraph.add_run("HIDDEN", style="Ghost")
    found = read("a.docx", saved(made))
    assert found.text == "Shown to all readers."
    assert found.stripped == {"hidden texts": 2, "white texts": 1, "tiny texts": 1}


def test_hidden_sheets_rows_and_columns_are_counted_and_not_read() -> None:
    made = openpyxl.Workbook()
    made.active.append(["city", "HIDDEN", "price"])
    made.active.append(["Rome", "HIDDEN", "90"])
    made.active.append(["HIDDEN", "HIDDEN", "HIDDEN"])
    made.active.column_dimensions["B"].hidden = True
    made.active.row_dimensions[3].hidden = True
    made.create_sheet("HIDDEN").append(["HIDDEN"])
    made["HIDDEN"].sheet_state = "veryHidden"
    found = read("a.xlsx", saved(made))
    assert "HIDDEN" not in found.text
    assert "Rome" in found.text
    assert "90" in found.text
    assert found.stripped == {"hidden sheets": 1, "hidden rows": 1, "hidden columns": 1}


def test_a_hidden_slide_is_counted_and_not_read() -> None:
    made = pptx.Presentation()
    for text in ("Shown to all readers.", "HIDDEN"):
        slide = made.slides.add_slide(made.slide_layouts[5])
        slide.shapes.title.text = text
    made.slides[1]._element.set("show", "0")
    found = read("a.pptx", saved(made))
    assert "HIDDEN" not in found.text
    assert "Shown to all readers." in found.text
    assert found.stripped == {"texts on hidden slides": 1}


def test_the_count_is_evidence_of_the_document() -> None:
    rules = ClassificationRules(("public", "internal"), "internal", (), {}, (), ())
    found = read("a.txt", "pass\u200bword")
    assert (
        "not read: 1 zero-width characters" in classify(rules, found, {}, (), (), Stated()).evidence
    )
