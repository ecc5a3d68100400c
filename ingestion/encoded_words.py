"""Header values of messages as people read them."""

from __future__ import annotations

from email.errors import MessageError
from email.header import decode_header

_UNENCODED = "raw-unicode-escape"
"""How the standard library gives what stands between encoded words."""


def decoded_words(raw: str) -> str:
    """The value with its encoded words (RFC 2047) decoded; as it stands where they are broken."""
    said = _whole(raw)
    try:
        parts = [
            part if isinstance(part, str) else part.decode(charset or _UNENCODED, "replace")
            for part, charset in decode_header(said)
        ]
    except (MessageError, LookupError, ValueError):
        return said
    return _whole("".join(parts))


def _whole(text: str) -> str:
    """Without half characters: those that stand for bytes are read as UTF-8."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode("utf-8")
