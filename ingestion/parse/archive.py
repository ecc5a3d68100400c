"""Archives: ZIP files of documents, and EPUB books, which are pages of HTML in one."""

from __future__ import annotations

import posixpath
import zipfile
from io import BytesIO
from urllib.parse import unquote

from lxml import etree

from app.domain.document import Element
from ingestion import formats
from ingestion.parse.markup import from_html
from ingestion.parse.reading import Read, Reading, packed_bytes
from ingestion.parse.wording import decoded
from ingestion.problem import DocumentProblem


def from_zip(content: bytes, reading: Reading) -> Read:
    """The files of an archive, each under its name. Nothing is written to any folder."""
    elements: list[Element] = []
    with zipfile.ZipFile(BytesIO(content)) as packed:
        for entry in packed.infolist():
            if entry.is_dir() or entry.filename.startswith("__MACOSX/"):
                continue
            if entry.flag_bits & 1:
                raise DocumentProblem(
                    "parse", "the file is locked with a password", "save it without one, and sync"
                )
            left = formats.MAX_UNPACKED - reading.unpacked
            elements += reading.member(entry.filename, "", packed_bytes(packed, entry, left))
    return "", elements


def from_epub(content: bytes, reading: Reading) -> Read:
    """The chapters of a book in the order of its spine."""
    elements: list[Element] = []
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    with zipfile.ZipFile(BytesIO(content)) as packed:
        container = etree.fromstring(packed.read("META-INF/container.xml"), parser)
        root = container.find(".//{*}rootfile").get("full-path")
        book = etree.fromstring(packed.read(root), parser)
        paths = {item.get("id"): item.get("href") for item in book.iterfind(".//{*}item")}
        for reference in book.iterfind(".//{*}itemref"):
            href = paths.get(reference.get("idref"))
            if href and reference.get("linear", "yes") != "no":
                path = posixpath.normpath(posixpath.join(posixpath.dirname(root), unquote(href)))
                elements += from_html(decoded(packed.read(path)), reading)[1]
        title = book.findtext(".//{http://purl.org/dc/elements/1.1/}title") or ""
    return title, elements
