"""Messages: who wrote to whom, the body, and what is attached."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from email.message import EmailMessage

from app.domain.document import Element
from ingestion.encoded_words import decoded_words
from ingestion.parse.markup import from_html
from ingestion.parse.reading import Read, Reading

_SHOWN = ("From", "To", "Date")


def from_mail(content: bytes, reading: Reading) -> Read:
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return _of(message, reading)


def _of(message: EmailMessage, reading: Reading) -> Read:
    # not by the library's readers of structured values, which broken ones break
    head = [(name, decoded_words(" ".join(raw.split()))) for name, raw in message.raw_items()]
    for name, value in head:
        # X-Classification says what Classification says
        reading.state(name.lower().removeprefix("x-"), value)
    first = {name.lower(): value for name, value in reversed(head)}
    lines = [f"{name}: {first[name.lower()]}" for name in _SHOWN if first.get(name.lower())]
    elements = [Element("text", reading.clean("\n".join(lines)))]
    body = message.get_body(("html", "plain"))
    if body is not None:
        subtype, text = body.get_content_subtype(), str(body.get_content())
        elements += from_html(text, reading)[1] if subtype == "html" else _plain(text, reading)
    for part in message.iter_attachments():
        name = part.get_filename() or "attachment"
        elements += reading.member(name, part.get_content_type(), _bytes(part))
    return first.get("subject", ""), elements


def _bytes(part: EmailMessage) -> bytes:
    """What is attached; a message as it was sent. Nothing where its encoding is broken."""
    try:
        payload = part.get_content()
    except (KeyError, LookupError, TypeError, ValueError):
        return b""
    if isinstance(payload, EmailMessage):
        return payload.as_bytes()
    return payload.encode(errors="replace") if isinstance(payload, str) else bytes(payload)


def _plain(text: str, reading: Reading) -> Iterator[Element]:
    for block in re.split(r"\n\s*\n", text):
        yield Element("text", reading.clean(block))
