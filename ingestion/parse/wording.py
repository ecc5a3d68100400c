"""Text as people see it."""

from __future__ import annotations

import unicodedata

_INVISIBLE = dict.fromkeys(
    [0x00AD, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070)]
)


def clean(text: str) -> str:
    """Text as people see it: composed, without invisible and direction-changing characters."""
    text = unicodedata.normalize("NFC", text).translate(_INVISIBLE)
    kept = (c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    return "".join(kept).strip()


def decoded(content: bytes) -> str:
    """The text of a file that states no encoding."""
    for encoding in (
        ("utf-8-sig", "utf-16") if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",)
    ):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("cp1252", errors="replace")
