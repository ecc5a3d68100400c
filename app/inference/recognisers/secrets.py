"""Secrets that let somebody in: keys, tokens, passwords, addresses with a password in them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.inference.recognisers.base import Hit, Recogniser

_FORMATS = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA)[A-Z0-9]{16}"
    r"|gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{50,255}"
    r"|gl(?:pat|dt|rt|ptt)-[A-Za-z0-9_-]{20,64}"
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,250}|xapp-[A-Za-z0-9-]{20,250}"
    r"|(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,250}|whsec_[A-Za-z0-9+/=]{24,100}"
    r"|sk-(?:[a-z]{2,8}[0-9]{0,2}-)?[A-Za-z0-9_-]{20,250}"
    r"|AIza[A-Za-z0-9_-]{35}|ya29\.[A-Za-z0-9_-]{20,250}"
    r"|SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}"
    r"|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{50,250}|hf_[A-Za-z0-9]{30,50}"
    r"|dop_v1_[a-f0-9]{64}|shpat_[a-fA-F0-9]{32}|AC[a-f0-9]{32}|SK[a-f0-9]{32}"
    r"|eyJ[A-Za-z0-9_-]{8,2000}\.eyJ[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{0,2000}"
    r")(?![A-Za-z0-9])"
)
_KEY_BLOCK = re.compile(
    r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
    r"[^-]{0,20000}(?:-----END [A-Z0-9 ]{0,50}-----)?"
)
_IN_ADDRESS = re.compile(
    r"\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@]{1,100}:([^\s/@]{1,200})@", re.IGNORECASE
)
_ASSIGNED = re.compile(
    r"(?<![A-Za-z])(?:pass(?:word|wd|phrase)?|pwd|(?:client|app|shared)?[_ -]?secret(?:[_ -]?key)?"
    r"|(?:api|access|auth|private|encryption|account|storage)[_ -]?(?:key|token|secret)"
    r"|(?:bearer|refresh|session)[_ -]?token|authorization: bearer)"
    r"[\"']?[ \t]{0,3}(?:(?:[:=]|=>)[ \t]{0,3}|(?<=bearer)[ \t]|is:?[ \t])"
    r"[\"'`]?([^\s\"'`<>,;]{6,500})",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"[$%{\[(*].*|(?:x+|\*+|\.+|your.*|example.*|change-?me|redacted|none|null)", re.I
)


class Secrets(Recogniser):
    """By the format that their issuer gives them, and by the name before a colon or `=`. A word
    of letters alone is no secret: a handbook says "the password is required"."""

    TYPES = ("SECRET",)

    def hits(self, text: str, wanted: frozenset[str]) -> Iterable[Hit]:
        for whole in (_FORMATS, _KEY_BLOCK):
            for match in whole.finditer(text):
                yield "SECRET", match.start(), match.end(), 0.95
        for match in _IN_ADDRESS.finditer(text):
            yield "SECRET", match.start(1), match.end(1), 0.8
        for match in _ASSIGNED.finditer(text):
            value = match[1].rstrip(".)")
            if not value.isalpha() and not _PLACEHOLDER.fullmatch(value):
                yield "SECRET", match.start(1), match.start(1) + len(value), 0.7
