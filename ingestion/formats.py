"""Which formats are read, told by a file's name and its first bytes."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import PurePosixPath

from ingestion.problem import DocumentProblem, Quarantine

MARKDOWN = "text/markdown"
HTML = "text/html"
TEXT = "text/plain"
PDF = "application/pdf"
EMAIL = "message/rfc822"
CSV = "text/csv"
JSON = "application/json"
EPUB = "application/epub+zip"
ZIP = "application/zip"

BY_SUFFIX = {
    ".md": MARKDOWN,
    ".markdown": MARKDOWN,
    ".html": HTML,
    ".htm": HTML,
    ".txt": TEXT,
    ".text": TEXT,
    ".log": TEXT,
    ".pdf": PDF,
    ".eml": EMAIL,
    ".csv": CSV,
    ".rtf": "application/rtf",
    ".epub": EPUB,
    ".json": JSON,
    ".zip": ZIP,
    ".odt": "application/vnd.oasis.opendocument.text",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".msg": "application/vnd.ms-outlook",
}
MAX_UNPACKED = 300_000_000
"""Bytes. Text does not need more; what unpacks to more may be made to fill the memory."""
KNOWN = frozenset(BY_SUFFIX.values())


def mime_type(name: str, stated: str = "") -> str:
    """The type of a file: what was stated where we know it, else what its name says.

    Raises DocumentProblem for a type that is not read.
    """
    stated = stated.partition(";")[0].strip().lower()
    if stated in KNOWN:
        return stated
    found = BY_SUFFIX.get(PurePosixPath(name).suffix.lower())
    if found is None:
        raise DocumentProblem(
            "parse",
            "the type of this file is not read",
            f"convert it to one of {', '.join(sorted(BY_SUFFIX))}, or leave it out of the source",
        )
    return found


def check_content(mime: str, content: bytes) -> None:
    """Raises DocumentProblem where the first bytes cannot be of that type."""
    if not content.strip():
        raise DocumentProblem(
            "parse", "the file is empty", "put text in it, or remove it from the source"
        )
    if mime == PDF and b"%PDF-" not in content[:1024]:
        raise DocumentProblem(
            "parse", "the file is named PDF but is none", "export it again as a PDF"
        )
    if not mime.startswith(("application/vnd.openxml", "application/vnd.oasis", EPUB, ZIP)):
        return
    try:
        with zipfile.ZipFile(BytesIO(content)) as packed:
            size = sum(entry.file_size for entry in packed.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        raise DocumentProblem(
            "parse",
            "the file is not of the type that its name says",
            "save it again in that format; a password on it has to go",
        ) from None
    if size > MAX_UNPACKED:
        raise Quarantine(
            "parse",
            f"the file unpacks to {size // 1_000_000} MB; the limit is {MAX_UNPACKED // 1_000_000}",
            "take out its large pictures and films, or split it",
        )
