"""What a site asks of robots: `robots.txt` (RFC 9309), `X-Robots-Tag` and `<meta name=robots>`.

`robots.txt` is read by protego: the standard library's parser knows no wildcards, and lets the
first rule win where the standard says the longest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from protego import Protego

from ingestion.sources import SourceUnreadable
from ingestion.sources.http.door import AGENT, NoAnswer, user_agent
from ingestion.sources.web.address import Site, normalise
from ingestion.sources.web.visitor import Visitor

MAX_DELAY = 10.0
_BYTES = 512_000
_WITH_VALUE = frozenset(
    ("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview")
)


@dataclass(frozen=True, slots=True)
class Rules:
    """What `robots.txt` says; without a parser, everything may be read."""

    parser: Protego | None

    def allow(self, url: str) -> bool:
        return self.parser is None or self.parser.can_fetch(url, user_agent())

    def delay(self, least: float) -> float:
        """Seconds between two requests."""
        asked = self.parser.crawl_delay(user_agent()) if self.parser else None
        return max(least, min(asked or 0.0, MAX_DELAY))


def read_rules(visitor: Visitor, site: Site) -> Rules:
    """The site's rules now. Raises SourceUnreadable where it does not say them, or that it has
    none: then nothing may be read."""
    url = normalise("/robots.txt", site.prefix)
    assert url is not None
    try:
        reply = visitor.get(url, _BYTES, site.shares_origin)
    except NoAnswer as problem:
        raise SourceUnreadable(
            f"robots.txt cannot be read, so nothing of the site may be: {problem}; mend the site"
        ) from None
    if reply.status == 200:
        return Rules(Protego.parse(reply.body.decode("utf-8-sig", "replace")))
    if 400 <= reply.status < 500 and reply.status != 429:
        return Rules(None)
    raise SourceUnreadable(
        f"robots.txt cannot be read, so nothing of the site may be: it answers {reply.status};"
        " mend the site"
    )


def forbidden(header: str, metas: Iterable[str]) -> tuple[bool, bool]:
    """Whether a page is not to be indexed, and its links not to be followed, as its headers
    `X-Robots-Tag` (one a line) and the contents of its meta elements say."""
    said: set[str] = set()
    for line in header.lower().splitlines():
        ours = True
        for part in line.split(","):
            name, colon, rest = part.partition(":")
            if colon and name.strip() not in _WITH_VALUE:
                ours, part = name.strip() == AGENT.lower(), rest
            if ours:
                said.add(part.strip())
    for content in metas:
        said.update(word.strip() for word in content.lower().split(","))
    return bool(said & {"noindex", "none"}), bool(said & {"nofollow", "none"})
