"""Retrieved text before it reaches a prompt: without what no person sees in it, and without the
marks by which chat templates tell who speaks."""

from __future__ import annotations

import re
import unicodedata

_TERMINAL = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?")
_ROLE = re.compile(
    r"<[|｜][^|｜<>\n]{1,60}[|｜]>"  # <|im_start|> and its like
    r"|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_RESULTS|TOOL_CALLS)\]"
    r"|<</?SYS>>|</?s>|<(?:start|end)_of_turn>|<(?:bos|eos)>",
    re.IGNORECASE,
)
_SPEAKER = re.compile(
    r"^([ \t]*(?:#{1,6}[ \t]*|\*\*)?(?:system|assistant|user|human|instructions?|response))"
    r"([ \t]*(?:\*\*)?)[:：]",
    re.IGNORECASE | re.MULTILINE,
)
_PLAIN = re.compile(r"[\x20-\x7e\n\t]*")
"""Nothing of this is taken out, and nothing of it is written in two ways."""
_UNSEEN = frozenset(
    # Letters and marks that show nothing: fillers, a blank and the selectors of variants.
    [0x115F, 0x1160, 0x2800, 0x3164, 0xFFA0, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]
)


def visible(text: str) -> str:
    """The text as a person sees it. Ingestion takes most of what is invisible out; titles, file
    names, what was indexed before and what models say come through here as well."""
    if _PLAIN.fullmatch(text):
        return text
    text = _TERMINAL.sub("", text).replace("\r\n", "\n")
    text = re.sub("[\r\v\f\x85\u2028\u2029]", "\n", text)
    return "".join(c for c in unicodedata.normalize("NFC", text) if _seen(c))


def neutral(text: str) -> str:
    """What is visible, without the marks of speakers."""
    text = visible(text)
    before = ""
    while before != text:  # a mark inside a mark leaves one when it is taken out
        before, text = text, _ROLE.sub(" ", text)
    return _SPEAKER.sub(r"\1\2 -", text)


def _seen(character: str) -> bool:
    if character in "\n\t":
        return True
    kind = unicodedata.category(character)
    return kind not in ("Cc", "Cf", "Cs", "Co", "Cn") and ord(character) not in _UNSEEN
