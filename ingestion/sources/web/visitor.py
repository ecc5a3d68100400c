"""Requests to a site, which follow no redirect that was not checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ingestion.sources.http.door import REDIRECTING, Door, NoAnswer
from ingestion.sources.reach import Reach
from ingestion.sources.web.address import normalise, origin

REQUEST_SECONDS = 60.0
REDIRECTS = 5


@dataclass(frozen=True, slots=True)
class Visited:
    """What a site answers. `url` is where redirects led; a status that redirects means that the
    next hop may not be followed. `cut` is whether the body is only the first bytes of a larger
    one. Names of `headers` are in lower case; of one that came twice, each value is a line."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    cut: bool


@dataclass
class Visitor:
    """Makes one request at a time."""

    reach: Reach
    request_seconds: float = REQUEST_SECONDS
    _door: Door = field(init=False)

    def __post_init__(self) -> None:
        self._door = Door(self.reach, self.request_seconds, plain=True)

    def close(self) -> None:
        self._door.close()

    def get(
        self,
        url: str,
        limit: int,
        may: Callable[[str], bool],
        headers: Mapping[str, str] | None = None,
    ) -> Visited:
        """`may` is asked about the URL of every hop but the first. Raises NoAnswer, and
        SourceUnreadable for what may not be reached."""
        for hops_left in reversed(range(REDIRECTS + 1)):
            try:
                visited = self._once(url, limit, headers or {})
            except NoAnswer as problem:
                problem.url = url
                raise
            if visited.status not in REDIRECTING or not hops_left:
                break
            target = normalise(visited.headers.get("location", ""), url)
            if target is None or not may(target):
                break
            url, headers = target, {}
        return visited

    def _once(self, url: str, limit: int, headers: Mapping[str, str]) -> Visited:
        _, host, port = origin(url)
        self.reach.check(host, port)
        reply = self._door.ask("GET", url, limit, {"Accept": "*/*", **headers})
        body = reply.body if reply.status == 200 else b""
        return Visited(url, reply.status, reply.headers, body, reply.cut and reply.status == 200)
