"""A Slack workspace while it is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ingestion.sources.slack_client import Client
from ingestion.sources.slack_messages import DAY, TS, Message, bounds, read_messages
from ingestion.sources.slack_people import People


@dataclass(frozen=True)
class Workspace:
    """`home` is what links to its messages begin with, empty where Slack does not say."""

    client: Client
    people: People
    home: str

    def messages(self, method: str, **said: str) -> Iterator[Message]:
        yield from read_messages(self.client.every(method, "messages", **said), self.people)

    def document(self, channel: str, rest: str) -> Iterator[Message]:
        """The messages of the thread or day `rest`; none where there cannot be such a document."""
        if TS.fullmatch(rest):
            for message in self.messages("conversations.replies", channel=channel, ts=rest):
                if message.thread == rest:
                    yield message
        elif DAY.fullmatch(rest) and (wanted := bounds(rest)):
            for message in self.messages("conversations.history", channel=channel, **wanted):
                if message.day == rest and not message.thread and not message.replies:
                    yield message
