"""Every format of the list is read, and what is packed in a file has limits."""

from __future__ import annotations

import json
import zipfile
from email.message import EmailMessage
from io import BytesIO

import pypandoc
import pytest

from app.domain.document import Element, Parsed, SourceItem
from ingestion import formats
from ingestion.parse import parse, reading
from ingestion.problem import DocumentProblem

# unstructured brings torch along
pytestmark = pytest.mark.integration


def read(name: str, content: bytes) -> Parsed:
    return parse(SourceItem("s", name, "", "", "", content))[0]


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return buffer.getvalue()


PAGE = "# Travel\n\nAll trips need a form.\n\n| city | price |\n|---|---|\n| Rome | 90 |\n"


@pytest.mark.parametrize("form", ["html", "docx", "pptx", "odt", "rtf", "epub"])
def test_a_document_that_pandoc_made_is_read(
    form: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("made") / f"a.{form}"
    pypandoc.convert_text(PAGE, form, "md", outputfile=str(path), extra_args=["--standalone"])
    found = read(path.name, path.read_bytes())
    for words in ("Travel", "All trips need a form.", "Rome", "90"):
        assert words in found.text
    assert any(element.kind == "title" for element in found.elements) or form == "rtf"


def test_csv_and_json_are_read() -> None:
    for separator in (b",", b";", b"\t"):
        table = separator.join((b"city", b"price")) + b"\n" + separator.join((b"Rome", b'"9\n0"'))
        [element] = read("a.csv", table).elements
        assert (element.kind, element.text) == ("table", "city | price\nRome | 9 0")
    made = json.dumps({"title": "Trips", "cities": [{"name": "Rome", "price": 90}]}).encode()
    found = read("a.json", made)
    assert found.title == "Trips"
    assert "cities.name: Rome\ncities.price: 90" in found.text


def test_an_archive_is_read_with_an_archive_and_a_message_in_it() -> None:
    message = EmailMessage()
    message["Subject"] = "Offer"
    message.set_content("See the attachment.")
    message.add_attachment(b"# Offer\n\nTen probes.", "text", "markdown", filename="offer.md")
    inner = zipped({"b.eml": message.as_bytes(), "run.exe": b"MZ"})
    found = read("a.zip", zipped({"a.md": b"Words of a.", "in/inner.zip": inner}))
    assert Element("title", "in/inner.zip", level=1) in found.elements
    for words in ("Words of a.", "Offer", "See the attachment.", "Ten probes.", "cannot be read"):
        assert words in found.text


def nested(depth: int) -> bytes:
    content = zipped({"a.txt": b"deep words"})
    for _ in range(depth - 1):
        content = zipped({"a.zip": content})
    return content


@pytest.mark.parametrize(
    ("content", "limit"),
    [
        (zipped({f"{n}.txt": b"x" for n in range(reading.MEMBERS + 1)}), "files"),
        (nested(reading.DEPTH + 1), "levels"),
        (zipped({f"{n}.zip": zipped({"a.txt": b"x" * 600}) for n in range(2)}), "bytes"),
    ],
)
def test_an_archive_beyond_the_limits_is_one_problem(
    content: bytes, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if limit == "bytes":
        monkeypatch.setattr(formats, "MAX_UNPACKED", 1_000)
    with pytest.raises(DocumentProblem, match=f"more than .* {limit}"):
        read("a.zip", content)


def test_an_archive_at_the_limit_of_depth_is_read() -> None:
    assert "deep words" in read("a.zip", nested(reading.DEPTH)).text
