"""Files to elements: structure is kept, what people do not see is not, problems are named."""

from __future__ import annotations

import contextlib
import zipfile
from email.message import EmailMessage
from io import BytesIO

import pytest
from fpdf import FPDF
from pypdf import PdfReader, PdfWriter

from app.domain.document import Element, Parsed, SourceItem
from ingestion import formats
from ingestion.parse import clean, parse
from ingestion.problem import DocumentProblem

# unstructured brings torch along
pytestmark = pytest.mark.integration


def read(name: str, content: bytes | str, title: str = "") -> Parsed:
    data = content.encode() if isinstance(content, str) else content
    return parse(SourceItem("s", name, title, "", "", data))[0]


def pdf(text: str, title: str | None = None) -> bytes:
    made = FPDF()
    made.add_page()
    made.set_font("helvetica", size=12)
    made.multi_cell(0, 8, text)
    if title:
        made.set_title(title)
    return bytes(made.output())


def zipped(size: int) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.xml", b"0" * size)
    return buffer.getvalue()


def zipped_by_later_rules() -> bytes:
    """Of a version of the format that does not exist yet."""
    content = bytearray(zipped(10))
    content[content.index(b"PK\x01\x02") + 6] = 99
    return bytes(content)


PAGE = """---
title: Travel
classification: Confidential
tags: &t [a, b]
more: [*t, *t]
---
# Going away

Yes

## Hotels

- one
- two, see [the list](https://evil.example/x?leak=1)

### Prices

| city | price |
|------|-------|
| Rome | 90    |

![pixel](https://evil.example/p.png)
"""


def test_markdown_keeps_its_structure_and_loses_its_links() -> None:
    found, metadata = parse(SourceItem("s", "a.md", "", "", "", PAGE.encode()))
    assert found.title == "Travel"
    assert metadata == (("title", "Travel"), ("classification", "Confidential"))
    assert found.elements == (
        Element("title", "Going away", level=1),
        Element("text", "Yes"),
        Element("title", "Hotels", level=2),
        Element("list", "one"),
        Element("list", "two, see the list"),
        Element("title", "Prices", level=3),
        Element("table", "city | price\nRome | 90"),
    )


@pytest.mark.parametrize(
    "hidden",
    [
        "<p style='display: none'>HIDDEN</p>",
        "<div hidden>HIDDEN</div>",
        "<!-- HIDDEN -->",
        "<script>HIDDEN</script>",
        "<style>HIDDEN</style>",
        "<noscript>HIDDEN</noscript>",
        "<span style='font-size:0px'>HIDDEN</span>",
    ],
)
@pytest.mark.parametrize("name", ["a.html", "a.md"])
def test_what_people_do_not_see_is_not_read(name: str, hidden: str) -> None:
    assert "HIDDEN" not in read(name, f"<p>Shown here.</p>\n\n{hidden}\n\n<p>And here.</p>").text


def test_invisible_and_direction_changing_characters_go() -> None:
    assert clean("pass\u200bword \u202edrow\u2069 \x00\x1b[1m\ud800") == "password drow [1m"


@pytest.mark.parametrize("name", ["Message-ID", "From", "To", "Cc", "Subject", "Date", "X-Label"])
@pytest.mark.parametrize(
    "value", ["<>", "a@", '"', "<a@[>", "=?utf-8?b?AAA?= <", "=?x?q?y?=", "\xff"]
)
def test_a_broken_head_loses_no_message(name: str, value: str) -> None:
    content = f"{name}: {value}\n\nTen probes.".encode("latin-1")
    found = parse(SourceItem("s", "a.eml", "", "", "", content))[0]
    assert "Ten probes." in found.text
    f"{found.title}{found.text}".encode()


def test_a_head_is_shown_as_people_read_it() -> None:
    content = "From: =?utf-8?q?J=C3=B6rg?= <j@x.example>\nSubject: Gr\xfc\xdfe\n an alle\n\nHi."
    found = parse(SourceItem("s", "a.eml", "", "", "", content.encode()))[0]
    assert found.title == "Grüße an alle"
    assert "From: Jörg <j@x.example>" in found.text


def test_a_message_is_read_with_its_attachments() -> None:
    message = EmailMessage()
    message["Subject"], message["From"] = "Offer", "ada@example.com"
    message.set_content("The offer is attached.")
    message.add_attachment(b"# Offer\n\nTen probes.", "text", "markdown", filename="offer.md")
    message.add_attachment(b"%PDF-1.4 rubbish", "application", "pdf", filename="broken.pdf")
    message.add_attachment(b"MZ", "application", "octet-stream", filename="run.exe")
    found = read("a.eml", message.as_bytes())
    assert found.title == "Offer"
    for words in ("ada@example.com", "The offer is attached.", "Ten probes.", "cannot be read"):
        assert words in found.text


@pytest.mark.parametrize(
    ("title", "shown"), [("Discount rules", "Discount rules"), ("Microsoft Word - x", "a.pdf")]
)
def test_a_pdf_is_called_what_its_first_lines_say(title: str, shown: str) -> None:
    assert read("d/a.pdf", pdf("Discount rules\n\nTwelve percent.", title)).title == shown


def test_pages_are_counted() -> None:
    assert {element.page for element in read("a.pdf", pdf("One line.")).elements} == {1}


def test_a_pushed_title_wins() -> None:
    assert read("a.md", PAGE, title="Said by the push").title == "Said by the push"


def locked() -> bytes:
    writer = PdfWriter(clone_from=PdfReader(BytesIO(pdf("secret"))))
    writer.encrypt("word")
    buffer = BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.exe", b"MZ", "type of this file is not read"),
        ("README", b"text", "type of this file is not read"),
        ("a.md", b" \n", "is empty"),
        ("a.md", b"<!-- nothing -->", "no text"),
        ("a.pdf", b"hello", "is none"),
        ("a.pdf", b"%PDF-1.4\nrubbish", "broken"),
        ("a.docx", b"hello", "not of the type"),
        ("a.docx", zipped(10), "broken"),
        ("a.docx", zipped_by_later_rules(), "not of the type"),
        ("a.xlsx", zipped(formats.MAX_UNPACKED + 1), "unpacks to"),
        ("a.pdf", locked(), "locked with a password"),
    ],
)
def test_a_problem_has_a_name_and_advice(name: str, content: bytes, reason: str) -> None:
    with pytest.raises(DocumentProblem) as caught:
        read(name, content)
    assert reason in caught.value.reason
    assert caught.value.advice


@pytest.mark.parametrize("text", ["> " * 5000 + "x", "<div>" * 5000 + "x", "[" * 5000, "|" * 5000])
def test_hostile_nesting_ends(text: str) -> None:
    with contextlib.suppress(DocumentProblem):
        read("a.md", text)
