"""Messages: who wrote to whom, the body, and what is attached."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Callable, Iterator
from email.message import EmailMessage

from app.domain.document import Element
from ingestion import formats
from ingestion.parse.markup import Read, from_html
from ingestion.parse.wording import clean
from ingestion.problem import DocumentProblem

_ATTACHMENTS = 20


def from_mail(content: bytes, read: Callable[[str, bytes], Read]) -> Read:
    """`read` reads an attachment of a format that is known."""
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    lines = [f"{name}: {message[name]}" for name in ("From", "To", "Date") if message[name]]
    elements = [Element("text", clean("\n".join(lines)))]
    body = message.get_body(("html", "plain"))
    if body is not None:
        subtype, text = body.get_content_subtype(), str(body.get_content())
        elements += from_html(text)[2] if subtype == "html" else list(_plain(text))
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
                elements += read(mime, data)[2]
            except Exception:  # a broken attachment is no reason to lose the message
                elements.append(Element("text", "(This attachment cannot be read.)"))
    return str(message["Subject"] or ""), {}, elements


def _plain(text: str) -> Iterator[Element]:
    for block in re.split(r"\n\s*\n", text):
        yield Element("text", clean(block))
