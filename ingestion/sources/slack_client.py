"""Slack's Web API: what is asked of it, and what its answers are held to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ingestion.sources import SourceUnreadable
from ingestion.sources.api import Api, Refused, as_object

PAGE = 200
PAGES = 5000
"""Of one listing: a million messages of a channel."""
_REFUSED = frozenset(
    "invalid_auth not_authed token_revoked token_expired account_inactive"
    " not_allowed_token_type access_denied".split()
)


_FAILED = frozenset(
    "internal_error fatal_error service_unavailable request_timeout ratelimited rate_limited"
    " team_added_to_org unknown".split()
)


class Denied(Exception):
    """The API answered, with no: `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Client:
    """Raises SourceUnreadable where the API gives no answer, refuses the token, or lists something
    in part; and Denied where it says no to what was asked."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def ask(self, method: str, **said: str) -> dict[str, Any]:
        try:
            answer = self._api.json(method, said)
        except Refused as refusal:
            try:
                answer = as_object(refusal.body)
            except SourceUnreadable:
                raise SourceUnreadable(
                    f"Slack gives no answer ({refusal.status}); see config.endpoint"
                ) from None
            answer["ok"] = False
        if answer.get("ok") is True:
            return answer
        code = str(answer.get("error", ""))
        code = code if re.fullmatch(r"[a-z_]{1,60}", code) else "unknown"
        if code in _REFUSED:
            raise SourceUnreadable(
                f"Slack refuses the token ({code}); give a valid one with"
                " `portcullis source secret KEY`"
            )
        if code == "missing_scope":
            needed = re.sub(r"[^a-z:.,_]", "", str(answer.get("needed", "")))[:100]
            raise SourceUnreadable(
                f"the token lacks the scope {needed}; add it to the app, install it again, and give"
                " its token with `portcullis source secret KEY`"
            )
        if code in _FAILED:
            raise SourceUnreadable(f"Slack gives no answer ({code}); sync again later")
        raise Denied(code)

    def every(self, method: str, key: str, **said: str) -> Iterator[Any]:
        """What all pages hold under `key`, or SourceUnreadable: half a listing is none."""
        cursor, seen = "", set[str]()
        for _ in range(PAGES):
            following = {"cursor": cursor} if cursor else {}
            try:
                page = self.ask(method, limit=str(PAGE), **following, **said)
            except Denied as denied:
                if not cursor:
                    raise
                raise SourceUnreadable(
                    f"Slack's listing breaks off ({denied.code}); sync again"
                ) from None
            entries = page.get(key)
            if not isinstance(entries, list):
                raise SourceUnreadable("what Slack answers is no listing; see config.endpoint")
            yield from entries
            meta = page.get("response_metadata")
            cursor = str((meta.get("next_cursor") if isinstance(meta, dict) else "") or "")
            if not cursor and page.get("has_more") is not True:
                return
            if not cursor or cursor in seen:
                break
            seen.add(cursor)
        raise SourceUnreadable("Slack's listing does not come to an end; sync again later")
