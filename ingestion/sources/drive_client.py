"""The Drive API: how its tokens are come by, and what its answers are held to."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from time import monotonic, time
from typing import Any, TypeVar

import jwt

from app.catalog.drive_config import ID
from ingestion.sources import SourceUnreadable
from ingestion.sources.api import ATTEMPTS, Api, Refused
from ingestion.sources.reach import Reach

ENDPOINT = "https://www.googleapis.com/drive/v3"
TOKEN_ENDPOINT = "https://oauth2.googleapis.com/token"  # noqa: S105  its address
PAGE, PAGES = "1000", 1000
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_SCOPE = "https://www.googleapis.com/auth/drive.readonly"
_TOKEN_SECONDS = 3000.0
_BUSY = frozenset("rateLimitExceeded userRateLimitExceeded".split())
_AGAIN = "give the key of a service account that may, with `portcullis source secret KEY`"


Answer = TypeVar("Answer")


class Denied(Exception):
    """The API answered, with no."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(status, reason)
        self.status, self.reason = status, reason

    def __str__(self) -> str:
        return f"{self.status} {self.reason}".strip()


@dataclass
class Client:
    """Raises SourceUnreadable where the API gives no answer, refuses the key, or lists something in
    part; and Denied where it says no to what was asked."""

    config: Mapping[str, Any]
    reach: Reach
    key: str = field(repr=False)
    patience: float
    _api: Api = field(init=False, repr=False)
    _until: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        base = str(self.config.get("endpoint") or ENDPOINT)
        self._api = Api(base, self.reach, self.patience)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *said: object) -> None:
        self._api.__exit__(*said)

    def one(self, path: str, fields: str) -> dict[str, Any]:
        return self._asked(lambda: self._api.json(path, {**_ALL, "fields": fields}))

    def every(self, path: str, key: str, fields: str, **said: str) -> Iterator[dict[str, Any]]:
        """What all pages hold under `key`, or SourceUnreadable: half a listing is none."""
        token, seen = "", set[str]()
        size = PAGE if key == "files" else "100"
        wanted = {**_ALL, **said, "pageSize": size}
        wanted["fields"] = f"nextPageToken,{key}({fields})"
        if key == "files":
            wanted |= {"includeItemsFromAllDrives": "true"}
            wanted["fields"] += ",incompleteSearch"
        for _ in range(PAGES):
            asked = {**wanted, "pageToken": token} if token else wanted
            try:
                page = self._asked(partial(self._api.json, path, asked))
            except Denied as denied:
                if not token:
                    raise
                raise SourceUnreadable(f"the listing breaks off ({denied}); sync again") from None
            entries = page.get(key)
            if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
                raise SourceUnreadable("what Drive answers is no listing; see config.endpoint")
            if page.get("incompleteSearch") not in (None, False):
                raise SourceUnreadable("Drive lists a folder in part; sync again later")
            yield from entries
            token = str(page.get("nextPageToken") or "")
            if not token:
                return
            if token in seen:
                break
            seen.add(token)
        raise SourceUnreadable("Drive's listing does not come to an end; sync again later")

    def content(self, path: str, limit: int, **said: str) -> tuple[bytes, bool]:
        """At most `limit` bytes, and whether there are more."""
        return self._asked(lambda: self._api.get(path, {**_ALL, **said}, limit))

    def _asked(self, ask: Callable[[], Answer]) -> Answer:
        for _ in range(ATTEMPTS):
            if monotonic() > self._until:
                self._api.secret = self._token()
                self._until = monotonic() + _TOKEN_SECONDS
            try:
                return ask()
            except Refused as refusal:
                reason = _reason(refusal.body)
                if refusal.status == 401:
                    raise SourceUnreadable(f"Drive refuses the key; {_AGAIN}") from None
                if reason not in _BUSY:
                    raise Denied(refusal.status, reason) from None
            self._api.wait()
        raise SourceUnreadable("Drive asks to be left alone; sync again later")

    def _token(self) -> str:
        at = str(self.config.get("token_endpoint") or TOKEN_ENDPOINT)
        try:
            key = json.loads(self.key)
            now = int(time())
            claims = {"iss": key["client_email"], "scope": _SCOPE, "aud": at}
            claims |= {"iat": now, "exp": now + 3600}
            if subject := self.config.get("subject"):
                claims["sub"] = subject
            signed = jwt.encode(claims, key["private_key"], algorithm="RS256")
        except Exception:
            # what a library says of a key may quote it
            raise SourceUnreadable(
                f"the secret is no key of a service account in JSON; {_AGAIN}"
            ) from None
        with Api(at, self.reach, self.patience) as api:
            try:
                answer = api.post({"grant_type": _GRANT, "assertion": signed})
            except Refused:
                raise SourceUnreadable(f"Google refuses the key; {_AGAIN}") from None
        token = answer.get("access_token")
        if not isinstance(token, str) or not re.fullmatch(r"[!-~]{1,4096}", token):
            raise SourceUnreadable("Google gives no token; see config.token_endpoint")
        return token


_ALL = {"supportsAllDrives": "true"}


def is_id(said: Any) -> bool:
    return isinstance(said, str) and re.fullmatch(ID, said) is not None


def _reason(body: bytes) -> str:
    try:
        reason = str(json.loads(body)["error"]["errors"][0]["reason"])
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        return ""
    return reason if re.fullmatch(r"[A-Za-z]{1,60}", reason) else ""
