"""The connector of kind `web`. Everything of a site has one audience, so it is one container."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from app.domain.acl import Acl
from ingestion.problem import DocumentProblem
from ingestion.sources import Listed, Scan, SourceUnreadable, Standing
from ingestion.sources.http.door import NoAnswer
from ingestion.sources.reach import Reach
from ingestion.sources.web.address import Site, normalise
from ingestion.sources.web.crawl import Crawl, Found, ask, look
from ingestion.sources.web.memory import Seen, Spool, changed
from ingestion.sources.web.robots import read_rules
from ingestion.sources.web.sitemap import read_sitemap
from ingestion.sources.web.visitor import Visitor

ROOT = "."
"""The external id of the site as a container."""
MAX_PAGES = 5000
DELAY_SECONDS = 0.5
_FORBIDDEN = DocumentProblem(
    "read", "robots.txt lets nobody read config.start", "ask the site to let Portcullis in"
)


@dataclass(frozen=True)
class Web:
    """Reads the site at `config["start"]`. `memory`, where given, is what earlier scans of this
    source wrote into it: with it, pages that did not change are not fetched again."""

    config: Mapping[str, Any]
    max_bytes: int
    reach: Reach
    memory: MutableMapping[str, str] | None = None

    def scan(self) -> Scan:
        start, site = self._site()
        acl, problem = self._acl()
        most = int(self._number("max_pages", MAX_PAGES))
        delay = self._number("delay_seconds", DELAY_SECONDS)
        with self._visitor() as visitor:
            rules = read_rules(visitor, site)
            crawl = Crawl(
                visitor=visitor,
                rules=rules,
                site=site,
                max_bytes=self.max_bytes,
                max_pages=most,
                delay=rules.delay(delay),
                known=self.memory,
            )
            if "sitemap" in self.config:
                where = normalise(str(self.config["sitemap"])) or ""
                pages = read_sitemap(visitor, site, rules, where, most + 1)
                if not pages:
                    raise SourceUnreadable(
                        "the sitemap lists no page below config.prefix, so nothing was deleted;"
                        " mend either, or remove the source"
                    )
                crawl.run(pages, follow=False)
            elif rules.allow(start):
                crawl.run([start], follow=True)
            else:
                # the site itself says that nobody may have this from here
                acl, crawl.problems["robots.txt"] = Acl(), _FORBIDDEN
        if problem:
            crawl.problems["acl"] = problem
        documents = tuple(
            self._listed(url, found, crawl.spool, problem is not None)
            for url, found in crawl.pages.items()
        )
        return Scan({ROOT: acl}, documents, crawl.problems)

    def verify(self, external_id: str) -> Standing | None:
        _, site = self._site()
        acl, problem = self._acl()
        if problem or normalise(external_id) != external_id or not site.has(external_id):
            return None
        before = (self.memory or {}).get(external_id)
        seen = Seen.load(before) if before else None
        with self._visitor() as visitor:
            rules = read_rules(visitor, site)
            if not rules.allow(external_id):
                return None
            try:
                # a redirect is another page's business
                reply = ask(visitor, external_id, self.max_bytes, lambda _: False, seen)
            except NoAnswer as silence:
                raise SourceUnreadable(f"the page gives no answer: {silence}") from None
        seen = look(reply, "", seen)
        return None if seen is None or seen.hidden else Standing(ROOT, acl, None)

    def _site(self) -> tuple[str, Site]:
        """The first page and what is the site's. Raises SourceUnreadable where it is not said."""
        start = normalise(str(self.config.get("start", "")))
        if start is None:
            raise SourceUnreadable(
                "config.start is no address of a web page; write it with http:// or https://, and"
                " without a name or password in it"
            )
        folder = start.partition("?")[0].rpartition("/")[0] + "/"
        prefix = normalise(str(self.config.get("prefix", folder)))
        if prefix is None or "?" in prefix or not prefix.endswith("/"):
            raise SourceUnreadable("config.prefix is no address that ends with a slash; mend it")
        site = Site(prefix)
        if not site.has(start):
            raise SourceUnreadable("config.start is not below config.prefix; mend either")
        return start, site

    def _acl(self) -> tuple[Acl, DocumentProblem | None]:
        """Nobody's, and a problem, where the audience is missing or cannot be understood."""
        allow, deny = self.config.get("allow"), self.config.get("deny") or []
        try:
            for entries in (allow or [], deny):
                if not isinstance(entries, list) or not all(isinstance(e, str) for e in entries):
                    raise ValueError("config.allow and config.deny must be lists of names")
            if allow:
                return Acl.parse(allow, deny), None
            reason = "config.allow is missing or empty, so nobody may read this site"
        except ValueError as error:
            reason = f"the audience cannot be used: {error}; until then nobody may read this site"
        return Acl(), DocumentProblem("acl", reason, "say in config.allow who may")

    def _number(self, key: str, otherwise: float) -> float:
        value = self.config.get(key, otherwise)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e6:
            raise SourceUnreadable(f"config.{key} must be a number, and not negative; mend it")
        return value

    @contextmanager
    def _visitor(self) -> Iterator[Visitor]:
        visitor = Visitor(self.reach)
        try:
            yield visitor
        finally:
            visitor.close()

    def _listed(self, url: str, found: Found, spool: Spool, withheld: bool) -> Listed:
        seen, problem = found.seen, found.problem
        if found.cut:
            limit = f"the page is larger than the limit of {self.max_bytes / 1e6:.0f} MB"
            problem = DocumentProblem(
                "read", limit, "split it, or raise PORTCULLIS_MAX_DOCUMENT_MB"
            )

        def read() -> bytes:
            if seen is None or problem is not None:
                raise problem or changed()
            content = spool.find(seen.digest)
            return self._again(url, seen) if content is None else content

        return Listed(
            external_id=url,
            title="",
            uri=url,
            container=ROOT,
            # a page that is withheld stays in a container that others may read
            acl=None if seen else Acl(),
            classification=None,
            withheld=withheld or seen is None,
            read=read,
            version=seen.version if seen else "",
            mime_type=seen.mime if seen else "",
        )

    def _again(self, url: str, seen: Seen) -> bytes:
        """The content of a page that the scan did not fetch, or had no room for."""
        with self._visitor() as visitor:
            try:
                reply = visitor.get(url, self.max_bytes, lambda _: False)
            except (NoAnswer, SourceUnreadable) as error:
                raise DocumentProblem(
                    "read", f"the page cannot be read: {error}", "see that the site runs"
                ) from None
        if reply.status != 200 or sha256(reply.body).hexdigest() != seen.digest:
            raise changed()
        return reply.body
