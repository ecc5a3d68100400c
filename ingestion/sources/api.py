"""The only way out to an API over HTTP that is asked with a secret.

A request goes to the API's own host, where that may be reached, and nowhere else: no redirect is
followed, no proxy used and no cookie kept. What comes back is bounded in bytes, and in time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import sleep, time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from app.catalog.endpoint import is_endpoint
from ingestion.sources import SourceUnreadable
from ingestion.sources.http.door import Door, NoAnswer, Reply
from ingestion.sources.reach import Reach

if TYPE_CHECKING:
    from ingestion.connect import Access

ANSWER_BYTES = 16_000_000
ATTEMPTS = 5
"""How often one request is made, where the API asks for patience or fails."""
SCAN_PATIENCE, VERIFY_PATIENCE = 900.0, 5.0
"""How many seconds may be waited in all for an API that asks for patience."""


class Refused(Exception):
    """The API answered with a status that is no success; `body` is what it says."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(status)
        self.status, self.body = status, body


class Moved(SourceUnreadable):
    """The API redirects, which is not followed."""


@dataclass
class Api:
    """Asks the API at `base`. Raises SourceUnreadable where it gives no answer that can be used,
    and Refused where it says no. `secret` is sent as a bearer token, and is in no message."""

    base: str
    reach: Reach
    patience: float
    secret: str = field(default="", repr=False)
    _door: Door = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not is_endpoint(self.base):
            raise SourceUnreadable("config.endpoint is no https address; mend it")
        if not re.fullmatch(r"[!-~]*", self.secret):
            raise SourceUnreadable(
                "the secret is no token; give it anew with `portcullis source secret KEY`"
            )
        self._door = Door(self.reach)

    def __enter__(self) -> Api:
        return self

    def __exit__(self, *_: object) -> None:
        self._door.close()

    def json(self, path: str, said: Mapping[str, str]) -> dict[str, Any]:
        """The object that a GET of `path` below `base` answers with."""
        body, cut = self.get(path, said, ANSWER_BYTES)
        if cut:
            raise SourceUnreadable("more comes than an answer of the API can have; look at it")
        return as_object(body)

    def get(self, path: str, said: Mapping[str, str], limit: int) -> tuple[bytes, bool]:
        """At most `limit` bytes, and whether there are more."""
        reply = self._ask("GET", self._url(path, said), b"", limit)
        return reply.body, reply.cut

    def page(self, path: str, said: Mapping[str, str], limit: int) -> tuple[list[Any], str]:
        """The list that a GET answers with, of at most `limit` bytes, and its header `Link`."""
        reply = self._ask("GET", self._url(path, said), b"", limit)
        if reply.cut:
            raise SourceUnreadable("more comes than a page of a listing can have; look at it")
        return as_list(reply.body), reply.headers.get("link", "")

    def post(self, said: Mapping[str, str]) -> dict[str, Any]:
        """The object that `base` answers with when it is sent this form."""
        reply = self._ask("POST", self.base, urlencode(said).encode(), ANSWER_BYTES)
        return as_object(b"" if reply.cut else reply.body)

    def _url(self, path: str, said: Mapping[str, str]) -> str:
        return f"{self.base.rstrip('/')}/{path}?{urlencode(said)}"

    def _ask(self, method: str, url: str, sent: bytes, limit: int) -> Reply:
        for left in reversed(range(ATTEMPTS)):
            reply = self._once(method, url, sent, limit)
            status = reply.status
            if status == 429 or status >= 500 or (status == 403 and _is_limit(reply.headers)):
                # the last failure is the answer
                if left:
                    self.wait(_seconds(reply.headers))
                continue
            if 200 <= status < 300:
                return reply
            if status < 400:
                raise Moved("the API redirects, which is not followed; mend config.endpoint")
            raise Refused(status, reply.body)
        raise SourceUnreadable(f"the API gives no answer ({status}); sync again later")

    def wait(self, said: str = "") -> None:
        """As long as the API says. Raises SourceUnreadable where that is too long."""
        seconds = float(said) if re.fullmatch(r"[0-9]{1,6}", said) else 1.0
        if seconds > self.patience:
            raise SourceUnreadable("the API asks to be left alone for longer; sync again later")
        self.patience -= seconds
        sleep(seconds)

    def _once(self, method: str, url: str, sent: bytes, limit: int) -> Reply:
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if sent else {}
        if self.secret:
            headers["Authorization"] = f"Bearer {self.secret}"
        try:
            return self._door.ask(method, url, limit, headers, sent or None)
        except NoAnswer as silence:
            raise SourceUnreadable(
                f"the API gives no answer ({silence}); see that it can be reached, and sync again"
            ) from None


def _is_limit(headers: Mapping[str, str]) -> bool:
    """Whether a 403 is no answer, but a limit of requests."""
    return "retry-after" in headers or headers.get("x-ratelimit-remaining") == "0"


def _seconds(headers: Mapping[str, str]) -> str:
    """For how long it asks to be left alone: so many seconds, or until a moment."""
    if said := headers.get("retry-after"):
        return said
    until = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") != "0" or not re.fullmatch(r"[0-9]{1,11}", until):
        return ""
    return str(max(1, int(until) - int(time())))


def entered(
    kind: str, config: Mapping[str, Any], access: Access, endpoint: str, patience: float
) -> Api:
    """The API of a source of this kind, with its token: at `endpoint`, unless its config names
    another. Raises SourceUnreadable."""
    if not access.secret:
        raise SourceUnreadable(
            f"a {kind} source needs a token; give it with `portcullis source secret KEY`"
        )
    base = str(config.get("endpoint") or endpoint)
    return Api(base, access.reach, patience, access.secret.strip())


def as_object(body: bytes) -> dict[str, Any]:
    """Raises SourceUnreadable where it is none."""
    said = _read(body)
    if not isinstance(said, dict):
        raise SourceUnreadable("what answers is no API of this kind; mend config.endpoint")
    return said


def as_list(body: bytes) -> list[Any]:
    """Raises SourceUnreadable where it is none."""
    said = _read(body)
    if not isinstance(said, list):
        raise SourceUnreadable("what answers is no listing of this kind; mend config.endpoint")
    return said


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
