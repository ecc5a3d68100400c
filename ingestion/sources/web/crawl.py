"""From page to page: what a site has now, asked of the site with as few words as it takes."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import dataclass, field, replace
from time import monotonic, sleep

from ingestion import formats
from ingestion.problem import DocumentProblem
from ingestion.sources import SourceUnreadable
from ingestion.sources.http.door import REDIRECTING, NoAnswer
from ingestion.sources.web.address import Site, is_trap, without_query
from ingestion.sources.web.memory import Seen, Spool, validators
from ingestion.sources.web.page import read_page
from ingestion.sources.web.robots import Rules, forbidden
from ingestion.sources.web.visitor import Visited, Visitor

MAX_DEPTH = 30
MAX_QUERIES = 50
"""Of one path: what a calendar or a search leads to has no end."""
MAX_SILENT = 5
"""So many pages without an answer, one after another, are a site that is down."""
SCAN_SECONDS = 6 * 3600.0
CLOSED = frozenset((401, 403))
GONE = frozenset((404, 410))


@dataclass(frozen=True, slots=True)
class Found:
    """A page that is a document: as it was seen, or withheld because `problem`. `cut` is whether
    it is larger than a document may be."""

    seen: Seen | None
    problem: DocumentProblem | None = None
    cut: bool = False


@dataclass
class Crawl:
    """`known` is what earlier crawls saw, by URL, and is brought up to date; None where nobody
    remembers."""

    visitor: Visitor
    rules: Rules
    site: Site
    max_bytes: int
    max_pages: int
    delay: float
    known: MutableMapping[str, str] | None
    spool: Spool = field(default_factory=Spool)
    pages: dict[str, Found] = field(default_factory=dict)
    problems: dict[str, DocumentProblem] = field(default_factory=dict)
    _queue: deque[tuple[str, int]] = field(default_factory=deque)
    _met: set[str] = field(default_factory=set)
    _queries: Counter[str] = field(default_factory=Counter)
    _left_out: int = 0
    _answered: int = 0
    _read: int = 0
    _kept: set[str] = field(default_factory=set)

    def run(self, first: Iterable[str], follow: bool) -> None:
        """Fill `pages` and `problems`, with links followed or not. Raises SourceUnreadable where
        the site does not answer, or pages may be there that were not seen."""
        began, asked, silent, lost = monotonic(), 0, 0, False
        before = dict(self.known or {})
        for url in first:
            self._meet(url, 0)
        while self._queue or lost:
            if not self._queue:
                # what only a silent page leads to is still there for all we know
                lost = False
                for url in before:
                    self._meet(url, 0)
                continue
            url, depth = self._queue.popleft()
            if not self.rules.allow(url):
                continue
            if asked >= self.max_pages:
                self._limit()
                break
            if monotonic() - began > SCAN_SECONDS:
                raise SourceUnreadable(
                    "the site takes too long to look at, so nothing was changed; narrow"
                    " config.prefix, or lower config.max_pages"
                )
            if asked:
                sleep(self.delay)
            asked += 1
            try:
                links = self._visit(url, before.get(url))
                silent = 0
            except NoAnswer as problem:
                links, silent, lost = self._silent(url, before, problem), silent + 1, True
                if follow and self.known is None:
                    raise SourceUnreadable(
                        f"a page does not answer ({problem}), and what it leads to is not known,"
                        " so nothing was changed; mend it, or list the pages in a sitemap"
                    ) from None
                if silent >= MAX_SILENT or (follow and url in first):
                    raise SourceUnreadable(
                        f"the site does not answer any more ({problem}), so nothing was changed;"
                        " see that it runs"
                    ) from None
            if follow:
                for link in links:
                    self._meet(link, depth + 1)
        if follow and not self._read:
            raise SourceUnreadable(
                "config.start is no page that can be read, so nothing was deleted; mend it, or"
                " remove the source"
            )
        if asked and not self._answered:
            raise SourceUnreadable("no page of the site answers; see that it runs")
        if self._left_out:
            self.problems["links"] = DocumentProblem(
                "read",
                f"{self._left_out} links look as if they had no end and were not followed",
                "list the pages in a sitemap if they are meant",
            )
        if self.known is not None:
            for url in set(before) - self._kept:
                self.known.pop(url, None)

    def _limit(self) -> None:
        self.problems["max_pages"] = DocumentProblem(
            "read",
            f"the site has more than {self.max_pages} pages, and the rest is left out",
            "raise config.max_pages, or narrow config.prefix",
        )

    def _meet(self, url: str, depth: int) -> None:
        if url in self._met or not self.site.has(url):
            return
        if depth > MAX_DEPTH or is_trap(url) or len(self._met) > 20 * self.max_pages:
            self._left_out += 1
            return
        if "?" in url:
            if self._queries[without_query(url)] >= MAX_QUERIES:
                self._left_out += 1
                return
            self._queries[without_query(url)] += 1
        self._met.add(url)
        self._queue.append((url, depth))

    def _may(self, url: str) -> bool:
        return self.site.has(url) and self.rules.allow(url)

    def _visit(self, url: str, before: str | None) -> tuple[str, ...]:
        """Put the page among `pages` if it is one; its links. Raises NoAnswer."""
        seen = Seen.load(before) if before else None
        reply = ask(self.visitor, url, self.max_bytes, self._may, seen)
        self._answered += 1
        if reply.url != url:
            if reply.url in self._met:
                return ()
            self._met.add(reply.url)
            url, seen = reply.url, None
        if reply.status not in (200, 304):
            if reply.status not in GONE:
                self._withhold(url, _why(reply.status))
            return ()
        self._read += 1
        seen = look(reply, self.spool.keep(reply.body), seen)
        if seen is None:
            return ()
        if self.known is not None:
            self.known[url] = seen.dump()
            self._kept.add(url)
        if not seen.hidden and seen.mime:
            self.pages[url] = Found(seen, cut=reply.cut)
        return seen.links

    def _silent(
        self, url: str, before: MutableMapping[str, str], problem: NoAnswer
    ) -> tuple[str, ...]:
        for silent in {url, problem.url or url}:
            self._withhold(silent, f"the page gives no answer: {problem}")
            self._kept.add(silent)
        seen = Seen.load(before[url]) if url in before else None
        return seen.links if seen else ()

    def _withhold(self, url: str, reason: str) -> None:
        if url in self.pages:
            return
        advice = "mend the page; until then nobody may read it"
        self.problems[url] = problem = DocumentProblem("read", reason, advice)
        self.pages[url] = Found(None, problem)


def ask(
    visitor: Visitor, url: str, limit: int, may: Callable[[str], bool], seen: Seen | None
) -> Visited:
    """The page now, or that it is as it was seen. Raises NoAnswer also where the site says that it
    cannot answer."""
    reply = visitor.get(url, limit, may, seen.condition if seen else None)
    status = reply.status
    unasked = status == 304 and not (seen and seen.condition and reply.url == url)
    if status >= 500 or status < 200 or status in (408, 425, 429) or unasked:
        problem = NoAnswer(f"it answers {status}")
        problem.url = reply.url
        raise problem
    return reply


def look(reply: Visited, digest: str, seen: Seen | None) -> Seen | None:
    """What an answer says of its page, which is as it was `seen` where it says so; `digest` is that
    of its content. None where it is no page, or of a type that is not read."""
    headers = reply.headers
    if reply.status == 304 and seen is not None:
        hidden, _ = forbidden(headers.get("x-robots-tag", ""), ())
        return replace(seen, hidden=seen.hidden or hidden)
    if reply.status != 200:
        return None
    try:
        mime = formats.mime_type(without_query(reply.url), headers.get("content-type", ""))
    except DocumentProblem:
        return None
    page = read_page(reply.body, reply.url) if mime == formats.HTML else None
    hidden, closed = forbidden(headers.get("x-robots-tag", ""), page.robots if page else ())
    etag, modified = ("", "") if reply.cut else validators(headers)
    said = (headers.get("etag", "")[:200], headers.get("last-modified", "")[:60], digest)
    return Seen(
        digest=digest,
        version="" if reply.cut else " ".join(said),
        mime=mime,
        etag=etag,
        modified=modified,
        hidden=hidden,
        links=page.links if page and not closed else (),
    )


def _why(status: int) -> str:
    if status in CLOSED:
        return f"the site closes this page (it answers {status})"
    if status in REDIRECTING:
        return "the page redirects to where this source does not go"
    return f"the site does not give this page (it answers {status})"
