"""Messages of a channel, as they become the text of documents: a thread is one, and so are the
messages of a day that are in no thread."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ingestion.sources import SourceUnreadable
from ingestion.sources.slack_people import People

TS = re.compile(r"[0-9]{10}\.[0-9]{6}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NOISE = frozenset(
    "channel_join channel_leave group_join group_leave tombstone channel_archive"
    " channel_unarchive".split()
)
_MARK = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")


@dataclass(frozen=True, slots=True)
class Message:
    """`thread` is the first message of the thread that it is in, empty where it is in none."""

    ts: str
    thread: str
    text: str
    files: int
    replies: int

    @property
    def day(self) -> str:
        return moment(self.ts).date().isoformat()

    @property
    def line(self) -> str:
        return f"{moment(self.ts):%H:%M} {self.text}\n"


def read_messages(said: Iterable[Any], people: People) -> Iterable[Message]:
    """What Slack lists as messages. Raises SourceUnreadable for what is none."""
    for one in said:
        if not isinstance(one, dict) or not _is_ts(one.get("ts")):
            raise SourceUnreadable("Slack lists a message that is none; look at it")
        thread = one.get("thread_ts") or ""
        if thread and not _is_ts(thread):
            raise SourceUnreadable("Slack lists a message of a thread that is none; look at it")
        files = one.get("files") or []
        files = files if isinstance(files, list) else []
        replies = one.get("reply_count")
        yield Message(
            ts=one["ts"],
            thread=thread,
            text=_text(one, files, people),
            files=len(files),
            replies=replies if isinstance(replies, int) else 0,
        )


def moment(ts: str) -> datetime:
    return datetime.fromtimestamp(int(ts.partition(".")[0]), UTC)


def bounds(day: str) -> dict[str, str] | None:
    """What is asked for to get the messages of a day; None where there is no such day."""
    try:
        start = int(datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp())
    except ValueError:
        return None
    if not 10**9 <= start < 10**10 - 86_400:
        return None
    return {
        "oldest": f"{start}.000000",
        "latest": f"{start + 86_399}.999999",
        "inclusive": "true",
    }


def _is_ts(said: Any) -> bool:
    return isinstance(said, str) and TS.fullmatch(said) is not None


def _text(one: dict[str, Any], files: list[Any], people: People) -> str:
    """Empty for what is no message of anybody."""
    if str(one.get("subtype")) in _NOISE:
        return ""
    said = one.get("text")
    text = _MARK.sub(lambda mark: _mark(mark, people), said if isinstance(said, str) else "")
    text = html.unescape(text)
    for file in files:
        name = file.get("name") if isinstance(file, dict) else None
        text += f" [file: {name}]" if isinstance(name, str) else " [file]"
    text = "".join(letter for letter in text if letter.isprintable() or letter in "\n\t").strip()
    if not text:
        return ""
    who = people.name(one.get("user")) or "app"
    return f"{who}: {text}"


def _mark(mark: re.Match[str], people: People) -> str:
    target, label = mark[1], mark[2]
    if target.startswith("@"):
        return f"@{people.name(target[1:]) or 'somebody'}"
    if target.startswith("#"):
        return f"#{label or target[1:]}"
    if target.startswith("!"):
        return f"@{(label or target[1:].partition('^')[0]).lstrip('@')}"
    return f"{label} ({target})" if label and label != target else target
