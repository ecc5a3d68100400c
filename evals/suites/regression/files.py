"""Defects of how files and folders are read."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from pathlib import Path
from tempfile import TemporaryDirectory

from app.domain.document import Element, Rendition, SourceItem
from ingestion.chunk import chunk
from ingestion.formats import BY_SUFFIX, MAX_UNPACKED, check_content
from ingestion.parse.document import parse
from ingestion.parse.wording import clean
from ingestion.problem import DocumentProblem
from ingestion.sources import Scan
from ingestion.sources.filesystem import Filesystem
from ingestion.sources.sidecar import NAME, read_sidecar

LEVELS = ("public", "internal", "confidential", "regulated")
EVERYONE = "allow: [everyone]"
MEGABYTE = 1 << 20


def a_link_was_followed() -> bool:
    """Whoever may write into an open folder could publish there, by a link, a closed file."""
    with TemporaryDirectory() as folder:
        root = _tree(
            folder, {f"open/{NAME}": EVERYONE, f"shut/{NAME}": "allow: []", "shut/a.md": "x"}
        )
        (root / "open/a.md").symlink_to(root / "shut/a.md")
        (root / "open/all").symlink_to(root / "shut")
        found = _scan(root)
    return [listed.external_id for listed in found.documents] == ["shut/a.md"]


def a_broken_sidecar_opened_what_was_below() -> bool:
    """Below a folder whose rules cannot be understood, another folder's own rules held, without the
    denies of the first."""
    with TemporaryDirectory() as folder:
        root = _tree(
            folder,
            {f"a/{NAME}": "allow: [nobody we know]", f"a/b/{NAME}": EVERYONE, "a/b/c.md": "x"},
        )
        found = _scan(root)
    [listed] = found.documents
    return listed.withheld and not found.containers["a/b"].allow


def a_nested_sidecar_broke_the_sync() -> bool:
    """A sidecar nested deeper than Python recurses ended the sync of the whole source."""
    try:
        read_sidecar("[" * 5_000, None, LEVELS)
    except DocumentProblem:
        return True
    return False


def a_small_file_filled_the_memory() -> bool:
    """A packed document was unpacked however large it becomes."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made,
        made.open("word/document.xml", "w") as inside,
    ):
        for _ in range(MAX_UNPACKED // MEGABYTE + 2):
            inside.write(bytes(MEGABYTE))
    try:
        check_content(BY_SUFFIX[".docx"], packed.getvalue())
    except DocumentProblem:
        return True
    return False


def aliases_made_a_page_endless() -> bool:
    """Lists in the front matter of a page were written out, and aliases made them endless."""
    said = "\n".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 2) if n else 'x'}]" for n in range(9)
    )
    _, metadata = _read("page.md", f"---\ntitle: T\n{said}\n---\n\nText.")
    return set(metadata) == {"title"}


def a_broken_attachment_lost_the_message() -> bool:
    """A message of which one attachment cannot be read was not indexed at all."""
    message = EmailMessage()
    message["Subject"] = "Offer"
    message.set_content("Ten probes are offered.")
    message.add_attachment(b"%PDF-1.4 rubbish", "application", "pdf", filename="broken.pdf")
    text, _ = _read("a.eml", message.as_bytes().decode())
    return "Ten probes are offered." in text


def half_a_character_broke_the_index() -> bool:
    """A document with half a character in it could not be written to the database."""
    return clean("pass\ud800word") == "password"


def two_tables_became_one() -> bool:
    """Two tables one after the other were taken for one: rows were under the wrong head."""
    elements = (Element("table", "room | seats\nA | 4"), Element("table", "name | age\nAnn | 40"))
    [piece] = chunk(Rendition("internal", "Tables", elements, {}, ()))
    return "A | 4\n\nname | age" in piece.text


def _tree(folder: str, files: dict[str, str]) -> Path:
    root = Path(folder).resolve()
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def _scan(root: Path) -> Scan:
    return Filesystem({"path": str(root)}, LEVELS, MEGABYTE).scan()


def _read(name: str, content: str) -> tuple[str, dict[str, str]]:
    parsed, metadata = parse(SourceItem("s", name, "", "", "", content.encode()))
    return parsed.text, dict(metadata)


CASES: Sequence[Callable[[], bool]] = (
    a_link_was_followed,
    a_broken_sidecar_opened_what_was_below,
    a_nested_sidecar_broke_the_sync,
    a_small_file_filled_the_memory,
    aliases_made_a_page_endless,
    a_broken_attachment_lost_the_message,
    half_a_character_broke_the_index,
    two_tables_became_one,
)
