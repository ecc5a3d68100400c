"""Text of documents and models inside Markdown, so that no client makes anything of it.

A client that renders an answer must not fetch a thing: no images, no links, no HTML.
"""

from __future__ import annotations

import re

from app.answering.neutral import visible

_URL = re.compile(
    r"(?:[a-z][a-z0-9+.-]{1,20}:)?//(?:\[[^\s\]]*\])?[^\s<>()\[\]]+|www\.[^\s<>()\[\]]+"
    # what some clients make links of although it has no scheme: an e-mail address, a host
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,24}\b(?:[:/?#][^\s<>()\[\]]*)?",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
_OTHER_SCHEMES = re.compile(
    r"\b(data|javascript|mailto|tel|file|blob|ftp):(?=\S)|\b([a-z][a-z0-9+.-]*):(?=[/\\])",
    re.IGNORECASE,
)
_SPECIAL = re.compile(r"([\\`*_\[\]>|~!$^])")
_BLOCK = re.compile(r"^(\s*)([#+=:-]|\d+[.)])")


def inert(text: str) -> str:
    """One line of text as Markdown that shows exactly it, addresses as code."""
    line = " ".join(visible(text).split())
    parts: list[str] = []
    at = 0
    for url in _URL.finditer(line):
        parts += [_escape(line[at : url.start()]), _code(_SCHEME.sub("", url[0]))]
        at = url.end()
    parts.append(_escape(line[at:]))
    return _BLOCK.sub(
        lambda m: f"{m[1]}\\{m[2]}" if not m[2][0].isdigit() else _item(m), "".join(parts)
    )


def addresses(text: str) -> list[str]:
    """What a client could make a link of."""
    return [url[0].rstrip(".,;:!?\"'") for url in _URL.finditer(text)]


def _item(match: re.Match[str]) -> str:
    return f"{match[1]}{match[2][:-1]}\\{match[2][-1]}"


def _escape(text: str) -> str:
    # `<` and `&` as entities: some renderers take HTML out before they look at backslashes
    text = _OTHER_SCHEMES.sub(r"\1\2 :", text).replace("&", "&amp;").replace("<", "&lt;")
    return _SPECIAL.sub(r"\\\1", text)


def _code(address: str) -> str:
    address = re.sub(r"[`<&]", "", address)
    return f"`{address}`" if address else ""
