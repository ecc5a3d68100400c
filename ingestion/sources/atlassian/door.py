"""The only way out to a site of Atlassian's products.

The token goes to the site's own address alone. What the site answers has an end, of bytes and of
time; where it asks to wait, that is waited for, within a bound.
"""

from __future__ import annotations

import json
import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urljoin

from ingestion.problem import DocumentProblem
from ingestion.sources import SourceUnreadable
from ingestion.sources.http.address import origin
from ingestion.sources.http.door import REDIRECTING, NoAnswer, Reply
from ingestion.sources.http.door import Door as HttpDoor
from ingestion.sources.reach import Reach

ANSWER_BYTES = 32_000_000
"""A page of a listing, or one document's text with what is around it."""
WAIT_SECONDS = 300.0
"""For so long one request is put off in all."""
TRIES = 6
REDIRECTS = 3
_BUSY = (429, 503)


class Refused(Exception):
    """The site does not have it, or not for this token."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Unanswered(SourceUnreadable):
    """It does not answer this request as it should; others it may."""


@dataclass
class Door:
    """`base` is the site's address without a last slash; `user` is empty where the secret is a
    token that needs none."""

    base: str
    reach: Reach
    user: str
    secret: str = field(repr=False)
    _way: HttpDoor = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._way = HttpDoor(self.reach)

    def json(self, path: str, **query: str | int) -> Any:
        """What the API answers below `base`. Raises Refused for 403, 404 and 410, and
        SourceUnreadable for all else that is no answer."""
        reply = self._ask(self._url(path, query), ANSWER_BYTES, "application/json")
        if reply.status in (403, 404, 410):
            raise Refused(reply.status)
        self._check(reply)
        if reply.cut:
            raise Unanswered("the site answers with more than a listing has; look at it")
        try:
            return json.loads(reply.body)
        except (ValueError, RecursionError):
            raise Unanswered(
                "the site does not answer as its API does; look at config.url"
            ) from None

    def content(self, path: str, limit: int, **query: str | int) -> bytes:
        """A file, by redirects too, with which the token does not go along. Raises
        DocumentProblem, and SourceUnreadable where the site itself does not answer."""
        url = self._url(path, query)
        for _ in range(REDIRECTS + 1):
            try:
                reply = self._ask(url, limit, "*/*")
            except SourceUnreadable as problem:
                if url.startswith(f"{self.base}/"):
                    raise
                raise DocumentProblem("read", str(problem), "then sync again") from None
            if reply.status not in REDIRECTING:
                break
            url = _target(url, reply.headers.get("location", ""))
        else:
            raise DocumentProblem("read", "it is only redirected", "look at it at the source")
        if reply.status in (403, 404, 410):
            raise DocumentProblem(
                "read",
                f"what was listed cannot be read ({reply.status})",
                "sync again where it was changed meanwhile; else let the source's token read it",
            )
        if url.startswith(f"{self.base}/"):
            self._check(reply)
        if reply.status != 200:
            raise DocumentProblem(
                "read", f"where its content is kept answers {reply.status}", "sync again"
            )
        if reply.cut:
            raise DocumentProblem(
                "read",
                f"it is larger than {limit / 1e6:.0f} MB",
                "split it, or raise PORTCULLIS_MAX_DOCUMENT_MB",
            )
        return reply.body

    def _url(self, path: str, query: Mapping[str, str | int]) -> str:
        return f"{self.base}{path}" + (f"?{urlencode(query)}" if query else "")

    def _ask(self, url: str, limit: int, accept: str) -> Reply:
        """Waits where the site asks to."""
        left = WAIT_SECONDS
        for tried in range(TRIES):
            reply = self._once(url, limit, accept)
            if reply.status not in _BUSY:
                return reply
            seconds = _retry_after(reply.headers.get("retry-after", ""), tried)
            if seconds > left:
                break
            left -= seconds
            time.sleep(seconds)
        raise SourceUnreadable("the site is asked too much for now; nothing was changed")

    def _once(self, url: str, limit: int, accept: str) -> Reply:
        _, host, port = where = origin(url)
        headers = {"Accept": accept}
        if where == origin(self.base):
            headers["Authorization"] = self._authorization
        try:
            return self._way.ask("GET", url, limit, headers)
        except NoAnswer as silence:
            raise SourceUnreadable(f"no answer from {host}:{port}: {silence}") from None

    @property
    def _authorization(self) -> str:
        if not self.user:
            return f"Bearer {self.secret}"
        return "Basic " + b64encode(f"{self.user}:{self.secret}".encode()).decode()

    def _check(self, reply: Reply) -> None:
        if reply.status == 401:
            raise wrong_secret()
        if reply.status in REDIRECTING:
            raise SourceUnreadable(
                "the site leads elsewhere, and a token is not sent there; write the address that"
                " it has now as config.url"
            )
        if reply.status != 200:
            raise Unanswered(f"the site answers {reply.status}; nothing was changed")


def wrong_secret() -> SourceUnreadable:
    return SourceUnreadable(
        "the site does not take the source's token, which may have expired; give another one with"
        " `portcullis source secret KEY`"
    )


def _target(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        return ""


def _retry_after(said: str, tried: int) -> float:
    """Seconds; where none are said, more each time."""
    return float(said) if said.isascii() and said.isdigit() else 2.0**tried
