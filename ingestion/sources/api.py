"""The only way out to an API over HTTP that is asked with a secret.

A request goes to the API's own host, where that may be reached, and nowhere else: no redirect is
followed, no proxy used and no cookie kept. What comes back is bounded in bytes, and in time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import sleep
from typing import Any
from urllib.parse import urlencode

from app.catalog.endpoint import is_endpoint
from ingestion.sources import SourceUnreadable
from ingestion.sources.http.door import Door, NoAnswer, Reply
from ingestion.sources.reach import Reach

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
        return self._ask("GET", f"{self.base.rstrip('/')}/{path}?{urlencode(said)}", b"", limit)

    def post(self, said: Mapping[str, str]) -> dict[str, Any]:
        """The object that `base` answers with when it is sent this form."""
        body, cut = self._ask("POST", self.base, urlencode(said).encode(), ANSWER_BYTES)
        return as_object(b"" if cut else body)

    def _ask(self, method: str, url: str, sent: bytes, limit: int) -> tuple[bytes, bool]:
        for left in reversed(range(ATTEMPTS)):
            reply = self._once(method, url, sent, limit)
            if reply.status == 429 or reply.status >= 500:
                # the last failure is the answer
                if left:
                    self.wait(reply.headers.get("retry-after", ""))
                continue
            if 200 <= reply.status < 300:
                return reply.body, reply.cut
            if reply.status < 400:
                raise SourceUnreadable(
                    "the API redirects, which is not followed; mend config.endpoint"
                )
            raise Refused(reply.status, reply.body)
        raise SourceUnreadable(f"the API gives no answer ({reply.status}); sync again later")

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


def as_object(body: bytes) -> dict[str, Any]:
    """Raises SourceUnreadable where it is none."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise SourceUnreadable("what answers is no API of this kind; mend config.endpoint")
    return said
