"""Who may read a page: those of its space whom no restriction keeps out, of it or of what it is
below."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from app.domain.acl import Acl
from ingestion.sources import Scan, SourceUnreadable
from ingestion.sources.atlassian.door import Refused
from ingestion.sources.atlassian.people import People, unknown, untold
from ingestion.sources.atlassian.readers import Audience, in_both
from ingestion.sources.atlassian.wiki import Page, Space, Wiki

_NOBODY = Audience(frozenset())


@dataclass
class Inheritance:
    """Of one space. Its containers are the space, and each page or folder with a restriction."""

    space: Space
    wiki: Wiki
    people: People
    ask: Callable[[str], Audience | None]
    """The restriction of a page or folder. Raises Refused."""
    scan: Scan
    _audience: Audience = _NOBODY
    _asked: dict[str, Audience | None] = field(default_factory=dict)
    _refused: set[str] = field(default_factory=set)
    _within: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"space/{self.space.key}"

    def open(self) -> bool:
        """Looks at the space itself. Whether its permissions could be read."""
        try:
            self._audience = self.wiki.audience(self.space)
        except Refused:
            self.scan.containers[self.name] = Acl()
            self.scan.problems[self.name] = untold({"its permissions may not be looked at"})
            return False
        reasons = unknown(self._audience)
        self.scan.containers[self.name] = self.people.acl(self._audience.readers, reasons)
        if reasons:
            self.scan.problems[self.name] = untold(reasons)
        return True

    def container(self, page: Page) -> str:
        """Where a page stands; the scan gets that container."""
        if page.above is None:
            name = f"page/{page.id}"
            self.scan.containers[name] = Acl()
            self.scan.problems[name] = untold({"what it is below cannot be looked at"})
            return name
        narrow = tuple(id for id in (page.id, *page.above) if self._restriction(id) is not None)
        if not narrow:
            return self.name
        name = f"page/{narrow[0]}"
        if self._within.setdefault(name, narrow) != narrow:
            raise SourceUnreadable("pages were moved while they were listed; nothing was changed")
        if name not in self.scan.containers:
            self.scan.containers[name] = self._acl(name, narrow)
        return name

    def _acl(self, name: str, narrow: tuple[str, ...]) -> Acl:
        readers, reasons = self._audience.readers, set[str]()
        for id in narrow:
            restriction = self._asked[id] or _NOBODY
            reasons |= unknown(restriction)
            readers = in_both(readers, restriction.readers, self.people.members)
            if id in self._refused:
                reasons.add("a restriction on it or above it may not be looked at")
        if self.people.large:
            reasons.add("the members of a group cannot be listed, or are too many")
        acl = self.people.acl(readers, reasons)
        if reasons:
            self.scan.problems[name] = untold(reasons)
        return acl

    def _restriction(self, id: str) -> Audience | None:
        if id not in self._asked:
            try:
                self._asked[id] = self.ask(id)
            except Refused:
                self._asked[id] = _NOBODY
                self._refused.add(id)
        return self._asked[id]
