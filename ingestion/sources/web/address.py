"""Addresses of pages: one spelling for each, and which of them are a site's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urljoin, urlsplit

MAX_LENGTH = 2000
MAX_SEGMENTS = 24
MAX_PARAMETERS = 8
_PORTS = {"http": 80, "https": 443}
_UNRESERVED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
_PLAIN = re.compile(r"[^A-Za-z0-9\-._~:/?@!$&'()*+,;=%]")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})?")
_HOST = re.compile(r"[a-z0-9_.-]+|\[[0-9a-f:.]+\]")


def normalise(url: str, base: str = "") -> str | None:
    """The one spelling of a URL, which may be relative to `base`; None where it is no address of
    a page, or is written to mean different things to different readers."""
    # as browsers do
    url = re.sub(r"[\t\r\n]", "", url.strip(" \t\r\n\f"))
    if len(url) > MAX_LENGTH or "\\" in url or any(ord(c) < 32 or ord(c) == 127 for c in url):
        return None
    try:
        parts = urlsplit(urljoin(base, url))
        port = parts.port
        host = (parts.hostname or "").rstrip(".").encode("idna").decode("ascii").lower()
    except ValueError:
        return None
    host = f"[{host}]" if ":" in host else host
    if parts.scheme not in _PORTS or "@" in parts.netloc or not _HOST.fullmatch(host):
        return None
    path, query = _escaped(parts.path or "/"), _escaped(parts.query)
    if path is None or query is None or _climbs(path := _resolved(path)):
        return None
    where = host if port in (None, _PORTS[parts.scheme]) else f"{host}:{port}"
    found = f"{parts.scheme}://{where}{path}" + (f"?{query}" if query else "")
    return found if len(found) <= MAX_LENGTH else None


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host without brackets and port of a normalised URL."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or _PORTS[parts.scheme]


def without_query(url: str) -> str:
    return url.partition("?")[0]


def is_trap(url: str) -> bool:
    """Whether it looks as if links made themselves: many folders, the same one over and over, or
    many parameters."""
    parts = urlsplit(url)
    segments = [segment for segment in parts.path.split("/") if segment]
    return (
        len(segments) > MAX_SEGMENTS
        or any(segments.count(segment) > 3 for segment in segments)
        or len(re.split("[&;]", parts.query)) > MAX_PARAMETERS
    )


@dataclass(frozen=True, slots=True)
class Site:
    """What lies below `prefix`, a normalised URL that ends with a slash."""

    prefix: str

    def has(self, url: str) -> bool:
        """Whether a normalised URL is the site's."""
        return url.startswith(self.prefix)

    def shares_origin(self, url: str) -> bool:
        return origin(url) == origin(self.prefix)


def _escaped(text: str) -> str | None:
    """With what need not be escaped unescaped, and everything else escaped in capitals."""
    broken = False

    def one(found: re.Match[str]) -> str:
        nonlocal broken
        if found[1] is None:
            broken = True
            return ""
        character = chr(int(found[1], 16))
        return character if character in _UNRESERVED else f"%{found[1].upper()}"

    try:
        text = _PLAIN.sub(lambda c: "".join(f"%{b:02X}" for b in c[0].encode()), text)
    except UnicodeEncodeError:
        return None
    text = _ESCAPE.sub(one, text)
    return None if broken or re.search("%(?:[01][0-9A-F]|7F)", text) else text


def _climbs(path: str) -> bool:
    """Whether a server that unescapes more than it should could leave the folder: dots between
    escaped slashes, however often they are escaped, or dots with a parameter."""
    for _ in range(5):
        segments = path.replace("\\", "/").split("/")
        if any(segment.partition(";")[0] in (".", "..") for segment in segments):
            return True
        plain = unquote(path, errors="replace")
        if plain == path:
            return False
        path = plain
    return True


def _resolved(path: str) -> str:
    """Without `.` and `..` (RFC 3986, 5.2.4)."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)
