"""A label anywhere in a document, whatever is packed in it included, makes all of it that strict;
none makes it less strict than what it is packed in."""

from __future__ import annotations

import zipfile
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path

import docx
import pytest

from app.domain.document import SourceItem
from ingestion.classify import ClassificationRules, Stated, classify
from ingestion.parse import parse
from tests.ingestion.test_packed import zipped

# unstructured brings torch along
pytestmark = pytest.mark.integration

PUBLIC = Stated(folder="public")
CUSTOM = (
    '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"'
    ' xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">'
    '<property fmtid="{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}" pid="2" name="{name}">'
    "<vt:lpwstr>{value}</vt:lpwstr></property></Properties>"
)
PURVIEW = "MSIP_Label_0f1e2d3c-4b5a-6978-8695-a4b3c2d1e0f9_Name"


@pytest.fixture(scope="module")
def rules(project: Path) -> ClassificationRules:
    return ClassificationRules.load(project / "policies")


def level(rules: ClassificationRules, name: str, content: bytes, stated: Stated = PUBLIC) -> str:
    parsed, metadata = parse(SourceItem("s", name, "", "", "", content))
    return classify(rules, parsed, metadata, (), (), stated).classification


def message(label: str = "", header: str = "Sensitivity", attached: str = "") -> bytes:
    made = EmailMessage()
    made["Subject"] = "Offer"
    if label:
        made[header] = label
    made.set_content("Ten probes are offered.")
    if attached:
        made.add_attachment(attached.encode(), "text", "markdown", filename="offer.md")
    return made.as_bytes()


def labelled(label: str) -> str:
    return f"---\nclassification: {label}\n---\n\nTen probes.\n"


def office(properties: dict[str, str]) -> bytes:
    buffer = BytesIO()
    made = docx.Document()
    made.add_paragraph("Ten probes.")
    made.save(buffer)
    with zipfile.ZipFile(buffer, "a") as packed:
        for name, value in properties.items():
            packed.writestr("docProps/custom.xml", CUSTOM.format(name=name, value=value))
    return buffer.getvalue()


def test_without_a_label_it_is_what_its_folder_says(rules: ClassificationRules) -> None:
    assert level(rules, "a.eml", message()) == "public"
    assert level(rules, "a.docx", office({})) == "public"
    assert level(rules, "a.docx", office({"Colour": "regulated"})) == "public"


@pytest.mark.parametrize(
    ("label", "header", "expected"),
    [
        ("Company-Confidential", "Sensitivity", "confidential"),
        ("Private", "Sensitivity", "confidential"),
        ("Regulated", "X-Classification", "regulated"),
        ("Purple", "X-Classification", "regulated"),
        ("Regulated", "X-Colour", "public"),
    ],
)
def test_a_message_is_labelled_in_its_head(
    rules: ClassificationRules, label: str, header: str, expected: str
) -> None:
    assert level(rules, "a.eml", message(label, header)) == expected


@pytest.mark.parametrize("name", ["Classification", "Sensitivity", PURVIEW])
def test_an_office_file_is_labelled_in_its_properties(
    rules: ClassificationRules, name: str
) -> None:
    made = office({name: "Confidential"})
    assert level(rules, "a.docx", made) == "confidential"
    assert level(rules, "a.zip", zipped({"in/a.docx": made, "b.md": b"words"})) == "confidential"


def test_the_strictest_label_of_what_is_packed_holds_for_all(rules: ClassificationRules) -> None:
    assert level(rules, "a.eml", message(attached=labelled("regulated"))) == "regulated"
    inner = message("Company-Confidential", attached=labelled("public"))
    assert level(rules, "a.zip", zipped({"in/a.eml": inner})) == "confidential"
    page = '<meta name="classification" content="regulated"><p>Ten probes.</p>'
    assert level(rules, "a.zip", zipped({"a.html": page.encode()})) == "regulated"
    twice = '<meta name="classification" content="public">' + page
    assert level(rules, "a.html", twice.encode()) == "regulated"
    assert level(rules, "b.html", (page + twice[:46]).encode()) == "regulated"


def test_no_label_of_what_is_packed_opens_what_it_is_packed_in(
    rules: ClassificationRules,
) -> None:
    strict = Stated(source="public", folder="regulated")
    wide = message("public", "X-Classification", attached=labelled("public"))
    assert level(rules, "a.eml", wide, strict) == "regulated"
    assert level(rules, "a.eml", wide, Stated()) == "internal"
