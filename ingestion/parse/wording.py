"""Text as people see it, and the count of what they do not."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

_INVISIBLE = {
    "zero-width characters": (
        "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d"
        "\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a"
    ),
    "direction characters": "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069",
    "tag characters": "\U000e0000-\U000e00ff\U000e01f0-\U000e0fff",
    "variation selectors": "\ufe00-\ufe0f\U000e0100-\U000e01ef",
    "control characters": "\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff",
}
"""Unicode's Default_Ignorable_Code_Point, by what it is used for, and what only controls."""
_EACH = {kind: re.compile(f"[{ranges}]") for kind, ranges in _INVISIBLE.items()}
_ANY = re.compile(f"[{''.join(_INVISIBLE.values())}]")


def clean(text: str, stripped: Counter[str] | None = None) -> str:
    """Text as people see it: composed, without invisible and direction-changing characters.

    What is taken out is counted in `stripped`, by kind.
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = text.replace("\u2028", "\n").replace("\u2029", "\n\n")
    if _ANY.search(text):
        if stripped is not None:
            for kind, pattern in _EACH.items():
                if found := len(pattern.findall(text)):
                    stripped[kind] += found
        text = _ANY.sub("", text)
    return text.strip()


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
