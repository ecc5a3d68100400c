"""The story of one file: its format, its elements, its title."""

from __future__ import annotations

from app.domain.document import Parsed, SourceItem
from ingestion import formats
from ingestion.parse.archive import from_epub, from_zip
from ingestion.parse.data import from_csv, from_json
from ingestion.parse.mail import from_mail
from ingestion.parse.markup import from_html, from_markdown
from ingestion.parse.office import OFFICE, without_hidden
from ingestion.parse.partition import of_file
from ingestion.parse.pdf import from_pdf
from ingestion.parse.properties import properties
from ingestion.parse.reading import Metadata, Read, Reading
from ingestion.parse.wording import decoded
from ingestion.problem import DocumentProblem


def parse(item: SourceItem) -> tuple[Parsed, Metadata]:
    """The elements of a document, and what it states about itself.

    Raises DocumentProblem when the format is unknown, broken, locked, or holds no text.
    """
    mime = formats.mime_type(item.external_id, item.mime_type)
    formats.check_content(mime, item.content)
    reading = Reading(_read)
    try:
        title, elements = _read(mime, item.content, reading)
    except DocumentProblem:
        raise
    except Exception as error:
        if "password" in type(error).__name__.lower() or _is_locked(mime, item.content):
            raise DocumentProblem(
                "parse", "the file is locked with a password", "save it without one, and sync"
            ) from None
        # A parser's message may quote the document, so only its kind is kept.
        raise DocumentProblem(
            "parse",
            f"the file is broken and cannot be read ({type(error).__name__})",
            "open it in its own program, save it again, and sync",
        ) from None
    kept = tuple(element for element in elements if element.text)
    if not kept:
        raise DocumentProblem(
            "parse",
            "there is no text in the file",
            "if it is a scan, install tesseract where the worker runs, and sync",
        )
    heading = next((e.text for e in kept if e.kind == "title"), "")
    name = item.external_id.rpartition("/")[2]
    chosen = reading.clean(item.title or title or (heading if mime != formats.PDF else "") or name)
    title = " ".join(chosen.split())[:300]
    parsed = Parsed(title, kept, +reading.stripped, tuple(reading.remarks))
    return parsed, tuple(reading.metadata)


def _is_locked(mime: str, content: bytes) -> bool:
    return mime == formats.PDF and b"/Encrypt" in content


def _read(mime: str, content: bytes, reading: Reading) -> Read:
    if mime == formats.MARKDOWN:
        return from_markdown(decoded(content), reading)
    if mime == formats.HTML:
        return from_html(decoded(content), reading)
    if mime == formats.EMAIL:
        return from_mail(content, reading)
    if mime == formats.CSV:
        return from_csv(decoded(content), reading)
    if mime == formats.JSON:
        return from_json(decoded(content), reading)
    if mime == formats.ZIP:
        return from_zip(content, reading)
    if mime == formats.EPUB:
        return from_epub(content, reading)
    if mime == formats.PDF:
        return from_pdf(content, reading)
    for name, value in properties(mime, content):
        reading.state(name, value)
    if mime in OFFICE:
        content = without_hidden(mime, content, reading.stripped)
    return "", of_file(mime, content, reading)
