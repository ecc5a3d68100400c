"""Microsoft Graph over the wire: pages, waits, downloads, and what its answers are held to."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from time import monotonic
from typing import TYPE_CHECKING, Any

from ingestion.problem import DocumentProblem
from ingestion.sources import SourceUnreadable
from ingestion.sources.http.door import REDIRECTING, Door, NoAnswer, Reply
from ingestion.sources.sharepoint.login import Login, token

if TYPE_CHECKING:
    from ingestion.connect import Access

ANSWER_BYTES = 16_000_000
PAGES, ENTRIES = 20_000, 1_000_000
"""Of one listing."""
SESSION_SECONDS = 6 * 3600.0
WAIT_SECONDS = 300.0
"""So long is waited in all for one request that Graph puts off."""
_PAUSE = 2.0
"""Where it does not say for how long."""
_ATTEMPTS = 8
_REDIRECTS = 3
_BUSY = (429, 503, 504)


class Refused(Exception):
    """Graph answered, with no: `status` says how."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Graph(AbstractContextManager["Graph"]):
    """Raises SourceUnreadable where Graph gives no answer or one that is none, and Refused where it
    says no to one thing. The token is sent to `graph` alone."""

    def __init__(
        self,
        config: Mapping[str, Any],
        access: Access,
        tokens: list[str],
        wait_seconds: float | None = None,
    ) -> None:
        """The last of `tokens` is used for as long as it is taken."""
        self._graph = str(config.get("graph") or "https://graph.microsoft.com")
        self._login = Login.of(config, access.secret, self._graph)
        self._door = Door(access.reach)
        self._wait = WAIT_SECONDS if wait_seconds is None else wait_seconds
        self._until = monotonic() + SESSION_SECONDS
        self._tokens = tokens

    def __exit__(self, *_: object) -> None:
        self._door.close()

    def get(self, path: str) -> dict[str, Any]:
        """`path` is below the version of the API, with what is not its own percent-encoded."""
        return self._json(f"{self._graph}/v1.0{path}")

    def entries(self, path: str, end: str = "") -> Iterator[dict[str, Any]]:
        """Every entry of every page, or SourceUnreadable: half a listing is none. Where `end` is
        given, the last page says so by having it."""
        url, seen, count = f"{self._graph}/v1.0{path}", set[str](), 0
        while len(seen) < PAGES and url not in seen:
            seen.add(url)
            page = self._json(url)
            entries, following = page.get("value"), page.get("@odata.nextLink")
            if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
                raise SourceUnreadable("Microsoft Graph answers with no listing; look at it")
            count += len(entries)
            if count > ENTRIES:
                raise SourceUnreadable(
                    f"a drive has more than {ENTRIES} items; name a smaller site"
                )
            yield from entries
            if following is None:
                if end and not isinstance(page.get(end), str):
                    raise SourceUnreadable("Microsoft Graph's listing breaks off; sync again")
                return
            url = self._own(following)
        raise SourceUnreadable("Microsoft Graph's listing does not come to an end; look at it")

    def content(self, path: str, limit: int) -> bytes:
        """Raises DocumentProblem where there is none that can be had, or more than `limit`."""
        reply = self._asked(f"{self._graph}/v1.0{path}", limit)
        for _ in range(_REDIRECTS):
            if reply.status not in REDIRECTING:
                break
            # the address itself is the right to read: no token goes with it
            target = reply.headers.get("location", "")
            reply = self._patiently(lambda to=target: self._door.ask("GET", to, limit))  # type: ignore[misc]
        if reply.status != 200:
            raise DocumentProblem(
                "read", f"the file cannot be downloaded ({reply.status})", "sync again"
            )
        if reply.cut:
            raise DocumentProblem(
                "read", "more comes than its size says", "split it, or look at it, and sync again"
            )
        return reply.body

    def _own(self, following: Any) -> str:
        """The address of a next page, which has to be one of the API."""
        if not isinstance(following, str) or not following.startswith(f"{self._graph}/v1.0/"):
            raise SourceUnreadable("Microsoft Graph's listing goes on elsewhere; look at it")
        return following

    def _json(self, url: str) -> dict[str, Any]:
        reply = self._asked(url, ANSWER_BYTES)
        if reply.cut:
            raise SourceUnreadable("more comes than an answer of Microsoft Graph can have")
        try:
            said = json.loads(reply.body) if reply.status == 200 else None
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict):
            raise SourceUnreadable(
                f"Microsoft Graph gives no answer that can be read ({reply.status}); sync again"
            )
        return said

    def _asked(self, url: str, limit: int) -> Reply:
        """What answers the token, which is got anew once where it is not taken any more."""
        for renewed in (not self._tokens, True):
            # others may take one away at any time
            held = (self._tokens or [""])[-1]
            if not held:
                held = token(self._patiently(lambda: self._login.ask(self._door)))
                self._tokens[:] = [held]
            headers = {"Authorization": f"Bearer {held}", "Accept": "application/json"}
            reply = self._patiently(lambda h=headers: self._door.ask("GET", url, limit, h))  # type: ignore[misc]
            if reply.status != 401 or renewed:
                break
            self._tokens.clear()
        if reply.status == 401:
            raise SourceUnreadable(
                "Microsoft Graph refuses the app registration; look at what it is allowed, or give"
                " a new client secret with portcullis source secret KEY"
            )
        if reply.status in (403, 404, 410, 423):
            raise Refused(reply.status)
        return reply

    def _patiently(self, ask: Callable[[], Reply]) -> Reply:
        """Asks again for as long as it is told to wait, within bounds."""
        waited = 0.0
        for _ in range(_ATTEMPTS):
            if monotonic() > self._until:
                raise SourceUnreadable("Microsoft Graph takes too long; name a smaller site")
            try:
                reply = ask()
                if reply.status not in _BUSY:
                    return reply
                pause = _seconds(reply.headers.get("retry-after", ""))
            except NoAnswer:
                pause = _PAUSE
            waited += pause
            if waited > self._wait:
                break
            time.sleep(pause)
        raise SourceUnreadable("Microsoft Graph is busy, or does not answer; sync again later")


def _seconds(said: str) -> float:
    return float(said) if re.fullmatch(r"[0-9]{1,6}", said.strip()) else _PAUSE
