"""The pages that a site says it has (the protocol of sitemaps.org)."""

from __future__ import annotations

from collections import deque
from xml.parsers import expat

from ingestion.sources import SourceUnreadable
from ingestion.sources.http.door import NoAnswer, unpack
from ingestion.sources.web.address import MAX_LENGTH, Site, normalise
from ingestion.sources.web.robots import Rules
from ingestion.sources.web.visitor import Visitor

_BYTES = 52_428_800
_FILES = 100
_GZIP = b"\x1f\x8b"


def read_sitemap(
    visitor: Visitor, site: Site, rules: Rules, url: str, limit: int
) -> tuple[str, ...]:
    """The first pages within the site that the sitemap and those it names list, at most `limit`.
    Raises SourceUnreadable where one of them cannot be read: who knows what it listed?"""
    pages: dict[str, None] = {}
    waiting, seen = deque([url]), {url}
    while waiting:
        at = waiting.popleft()
        nested, locations = _parse(_fetch(visitor, site, rules, at))
        for location in locations:
            found = normalise(location, at)
            if found is None:
                continue
            if nested and site.shares_origin(found) and found not in seen:
                if len(seen) >= _FILES:
                    raise _unreadable(f"there are more than {_FILES} files of it")
                seen.add(found)
                waiting.append(found)
            elif not nested and site.has(found) and len(pages) < limit:
                pages[found] = None
    return tuple(pages)


def _fetch(visitor: Visitor, site: Site, rules: Rules, url: str) -> bytes:
    def may(target: str) -> bool:
        return site.shares_origin(target) and rules.allow(target)

    if not may(url):
        raise _unreadable("it is at another address than the site, or robots.txt forbids it")
    try:
        reply = visitor.get(url, _BYTES, may)
        if reply.status != 200:
            raise _unreadable(f"the answer is {reply.status}")
        body, cut = reply.body, reply.cut
        if body.startswith(_GZIP) and not cut:
            body, cut = unpack([body], "gzip", _BYTES)
    except NoAnswer as problem:
        raise _unreadable(str(problem)) from None
    if cut:
        raise _unreadable(f"it is larger than {_BYTES // 1_000_000} MB")
    return body


def _parse(body: bytes) -> tuple[bool, list[str]]:
    """Whether it lists sitemaps, and the locations that it lists."""
    names: list[str] = []
    locations: list[str] = []

    def located() -> bool:
        return len(names) == 3 and names[2] == "loc" and names[1] in ("url", "sitemap")

    def start(name: str, _: dict[str, str]) -> None:
        names.append(name.rpartition(" ")[2])
        if located():
            locations.append("")

    def end(_: str) -> None:
        names.pop()

    def text(data: str) -> None:
        if located() and len(locations[-1]) <= MAX_LENGTH:
            locations[-1] += data

    def refuse(*_: object) -> None:
        raise _unreadable("it declares a document type")

    roots: list[str] = []

    def root(name: str, attributes: dict[str, str]) -> None:
        roots.append(name.rpartition(" ")[2])
        start(name, attributes)
        parser.StartElementHandler = start

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = root, end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(body, True)
    except expat.ExpatError:
        raise _unreadable("it is no valid XML") from None
    if roots[0] not in ("urlset", "sitemapindex"):
        raise _unreadable("it is none")
    return roots[0] == "sitemapindex", locations


def _unreadable(reason: str) -> SourceUnreadable:
    return SourceUnreadable(
        f"the sitemap cannot be read: {reason}; mend it, or leave config.sitemap out"
    )
