"""A Slack workspace on loopback, which speaks the shapes that Slack documents for its Web API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ingestion.connect import Access
from ingestion.sources.reach import Reach
from ingestion.sources.slack import Slack
from tests.ingestion.listening import Asked, listening

LEVELS = ("public", "internal", "confidential", "regulated")
SECRET = "xoxb-the-token-of-the-app"
TEAM = "T0HOUSE"


@dataclass
class Reply:
    """An answer that is none of the documented ones."""

    body: bytes = b'{"ok": true}'
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Workspace:
    """`instead` may answer a method in its own way, by the parameters; `asked` is what was, with
    the token that came."""

    port: int = 0
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    channels: dict[str, dict[str, Any]] = field(default_factory=dict)
    members: dict[str, list[Any]] = field(default_factory=dict)
    messages: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    instead: dict[str, Callable[[dict[str, str]], Reply | None]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    page: int = 2

    def user(self, name: str, email: str = "", **said: Any) -> None:
        profile = {"email": email} if email else {}
        self.users[name] = {
            "id": name,
            "team_id": TEAM,
            "name": name.lower(),
            "deleted": False,
            "is_bot": False,
            "profile": profile,
            **said,
        }

    def channel(self, name: str, /, *members: Any, **said: Any) -> None:
        self.channels[name] = {
            "id": name,
            "name": name.lower(),
            "is_channel": True,
            "is_group": False,
            "is_im": False,
            "is_mpim": False,
            "is_private": False,
            "is_archived": False,
            "is_member": True,
            **said,
        }
        self.members[name] = list(members)
        self.messages.setdefault(name, [])

    def say(self, channel: str, ts: str, text: Any, user: str = "U0ADA", **said: Any) -> None:
        message = {"type": "message", "ts": ts, "user": user, "text": text, **said}
        self.messages[channel].append(message)
        thread = said.get("thread_ts")
        for root in self.messages[channel]:
            if thread and root["ts"] == thread != ts:
                root["thread_ts"] = thread
                root["reply_count"] = root.get("reply_count", 0) + 1

    def source(self, max_bytes: int = 10_000, reach: str = "", **config: Any) -> Slack:
        hosts = frozenset({reach or f"127.0.0.1:{self.port}"})
        endpoint = {"endpoint": f"http://127.0.0.1:{self.port}/api"}
        secret = config.pop("secret", SECRET)
        return Slack({**endpoint, **config}, Access(LEVELS, max_bytes, Reach(hosts), secret))

    def answer(self, method: str, said: dict[str, str], token: str) -> Reply:
        if method in self.instead and (reply := self.instead[method](said)) is not None:
            return reply
        if token != f"Bearer {SECRET}":
            return _json({"ok": False, "error": "invalid_auth"})
        channel = said.get("channel", "")
        if channel and channel not in self.channels:
            return _json({"ok": False, "error": "channel_not_found"})
        if method == "auth.test":
            return _json({"ok": True, "url": "https://house.slack.com/", "team_id": TEAM})
        if method == "users.list":
            return self._page("members", list(self.users.values()), said)
        if method == "users.conversations":
            found = [
                one
                for one in self.channels.values()
                if one["is_member"] and not (said.get("exclude_archived") and one["is_archived"])
            ]
            return self._page("channels", found, said)
        if method == "conversations.info":
            return _json({"ok": True, "channel": self.channels[channel]})
        if method == "conversations.members":
            return self._page("members", self.members[channel], said)
        messages = sorted(self.messages.get(channel, []), key=lambda one: str(one["ts"]))
        if method == "conversations.history":
            oldest, latest = said.get("oldest", "0"), said.get("latest", "9999999999.999999")
            found = [
                one
                for one in reversed(messages)
                if one.get("thread_ts") in (None, one["ts"])
                or one.get("subtype") == "thread_broadcast"
            ]
            found = [one for one in found if oldest <= one["ts"] <= latest]
            return self._page("messages", found, said)
        if method == "conversations.replies":
            ts = said["ts"]
            found = [one for one in messages if ts in (one["ts"], one.get("thread_ts"))]
            if not found:
                return _json({"ok": False, "error": "thread_not_found"})
            return self._page("messages", found, said)
        return _json({"ok": False, "error": "unknown_method"})

    def _page(self, key: str, found: list[Any], said: dict[str, str]) -> Reply:
        start = int(said.get("cursor", "c0")[1:])
        rest = found[start + self.page :]
        cursor = f"c{start + self.page}" if rest else ""
        return _json(
            {
                "ok": True,
                key: found[start : start + self.page],
                "has_more": bool(rest),
                "response_metadata": {"next_cursor": cursor},
            }
        )


def _json(said: Any) -> Reply:
    return Reply(json.dumps(said).encode())


@contextmanager
def serving() -> Iterator[Workspace]:
    workspace = Workspace()

    def respond(asked: Asked) -> Reply:
        method, token = asked.path.removeprefix("/api/"), asked.headers.get("authorization", "")
        workspace.asked.append((method, asked.said, token))
        return workspace.answer(method, asked.said, token)

    with listening(respond) as workspace.port:
        yield workspace
