"""The channels of a Slack workspace as a source; a channel's members are its readers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from app.catalog.slack_config import CHANNEL
from app.domain.acl import Acl
from ingestion.problem import DocumentProblem
from ingestion.sources import Listed, Scan, SourceUnreadable, Standing
from ingestion.sources.api import SCAN_PATIENCE, VERIFY_PATIENCE, entered
from ingestion.sources.slack_client import Client, Denied
from ingestion.sources.slack_messages import moment
from ingestion.sources.slack_people import People
from ingestion.sources.slack_workspace import Workspace

if TYPE_CHECKING:
    from ingestion.connect import Access

ENDPOINT = "https://slack.com/api"
_TYPES = "public_channel,private_channel,mpim"
_HOME = re.compile(r"https://[a-z0-9-]+(\.enterprise)?\.slack(-gov)?\.com/")


@dataclass
class _Day:
    """`digest` is of its messages as Slack lists them, `first` the earliest."""

    first: str = ""
    digest: Any = field(default_factory=sha256)


@dataclass(frozen=True)
class Slack:
    """Reads the channels and group messages that the app is in. An external id is that of the
    channel, a slash, and a day, or the time of the first message of a thread."""

    config: Mapping[str, Any]
    access: Access

    def scan(self) -> Scan:
        with self._workspace(SCAN_PATIENCE) as workspace:
            scan = Scan({}, (), {})
            documents: list[Listed] = []
            for channel, said in self._channels(workspace.client).items():
                acl, problem = self._acl(workspace, channel, said)
                scan.containers[channel] = acl
                if problem is not None:
                    scan.problems[channel] = problem
                documents += self._documents(workspace, channel, _named(said), scan)
            for channel in self.config.get("channels", []):
                if channel not in scan.containers:
                    scan.problems[channel] = DocumentProblem(
                        "read",
                        "config.channels names it, and the app is in no such channel",
                        "let the app into it, or leave it out",
                    )
            return Scan(scan.containers, tuple(documents), scan.problems)

    def verify(self, external_id: str) -> Standing | None:
        channel, _, rest = external_id.partition("/")
        if not re.fullmatch(CHANNEL, channel) or not self._wanted(channel):
            return None
        with self._workspace(VERIFY_PATIENCE) as workspace:
            try:
                said = workspace.client.ask("conversations.info", channel=channel).get("channel")
                if not isinstance(said, dict) or said.get("id") != channel or not _is_open(said):
                    return None
                if said.get("is_member") is not True and said.get("is_mpim") is not True:
                    return None
                members = list(
                    workspace.client.every("conversations.members", "members", channel=channel)
                )
                if not any(message.text for message in workspace.document(channel, rest)):
                    return None
            except Denied:
                return None
            acl, _ = workspace.people.acl(members, self._everyone(said))
            return Standing(channel, acl, None)

    @contextmanager
    def _workspace(self, patience: float) -> Iterator[Workspace]:
        with entered("slack", self.config, self.access, ENDPOINT, patience) as api:
            client = Client(api)
            try:
                who = client.ask("auth.test")
                team, home = who.get("team_id"), str(who.get("url", ""))
                if not isinstance(team, str) or not team:
                    raise SourceUnreadable("Slack does not say which workspace it is; look at it")
                people = People.of(client.every("users.list", "members"), team)
            except Denied as denied:
                raise _unlisted(denied) from None
            yield Workspace(client, people, home if _HOME.fullmatch(home) else "")

    def _channels(self, client: Client) -> dict[str, list[dict[str, Any]]]:
        """What is said of each channel; one that moves while pages are turned comes twice."""
        found: dict[str, list[dict[str, Any]]] = {}
        try:
            listing = client.every(
                "users.conversations", "channels", types=_TYPES, exclude_archived="true"
            )
            for said in listing:
                name = said.get("id") if isinstance(said, dict) else None
                if not isinstance(name, str) or not re.fullmatch(CHANNEL, name):
                    raise SourceUnreadable("Slack lists a channel that is none; look at it")
                if self._wanted(name) and _is_open(said):
                    found.setdefault(name, []).append(said)
        except Denied as denied:
            raise _unlisted(denied) from None
        return found

    def _acl(
        self, workspace: Workspace, channel: str, said: list[dict[str, Any]]
    ) -> tuple[Acl, DocumentProblem | None]:
        try:
            members = list(
                workspace.client.every("conversations.members", "members", channel=channel)
            )
        except Denied as denied:
            return Acl(), DocumentProblem(
                "acl",
                f"nobody may read it: Slack does not say who its members are ({denied.code})",
                "let the app into the channel",
            )
        return workspace.people.acl(members, all(map(self._everyone, said)))

    def _documents(
        self, workspace: Workspace, channel: str, name: str, scan: Scan
    ) -> Iterator[Listed]:
        days, threads, files = dict[str, _Day](), dict[str, None](), 0
        try:
            for message in workspace.messages("conversations.history", channel=channel):
                files += message.files
                if message.thread or message.replies:
                    # what is sent to the channel too is read with its thread
                    if message.text or message.replies:
                        threads[message.thread or message.ts] = None
                elif message.text:
                    day = days.setdefault(message.day, _Day())
                    day.first = min(day.first or message.ts, message.ts)
                    day.digest.update(f"{message.ts} {message.line}".encode())
        except Denied as denied:
            # what is indexed of it would be deleted
            raise SourceUnreadable(
                f"Slack does not list the messages of {channel} ({denied.code}); let the app into"
                " it, or leave it out of config.channels"
            ) from None
        if files:
            scan.problems[f"{channel}/files"] = DocumentProblem(
                "read",
                f"{files} files of its messages are named in the text and not read",
                "keep what must be found in a source of its own",
            )
        for date, day in days.items():
            yield self._listed(
                workspace, channel, date, f"{name} {date}", day.first, day.digest.hexdigest()
            )
        for ts in threads:
            title = f"{name} thread {moment(ts):%Y-%m-%d %H:%M}"
            yield self._listed(workspace, channel, ts, title, ts, "")

    def _listed(
        self, workspace: Workspace, channel: str, rest: str, title: str, ts: str, version: str
    ) -> Listed:
        at = f"{workspace.home}archives/{channel}/p{ts.replace('.', '')}"
        return Listed(
            external_id=f"{channel}/{rest}",
            title=title,
            uri=at if workspace.home else "",
            container=channel,
            acl=None,
            classification=None,
            withheld=False,
            read=lambda: self._read(workspace.people, channel, rest),
            version=version,
            mime_type="text/plain",
        )

    def _read(self, people: People, channel: str, rest: str) -> bytes:
        with entered("slack", self.config, self.access, ENDPOINT, SCAN_PATIENCE) as api:
            workspace, lines, size = Workspace(Client(api), people, ""), list[str](), 0
            try:
                for message in workspace.document(channel, rest):
                    if message.text:
                        lines.append(f"{message.ts} {message.line}")
                        size += len(lines[-1].encode())
                    if size > self.access.max_bytes:
                        raise DocumentProblem(
                            "read", "its messages are too many", "raise PORTCULLIS_MAX_DOCUMENT_MB"
                        )
            except (Denied, SourceUnreadable) as error:
                raise DocumentProblem(
                    "read", f"its messages cannot be read: {error}", "sync again"
                ) from None
        if not lines:
            raise DocumentProblem("read", "its messages have left meanwhile", "sync again")
        return "".join(line.partition(" ")[2] for line in sorted(lines)).encode()

    def _wanted(self, channel: str) -> bool:
        return channel in self.config.get("channels", [channel])

    def _everyone(self, said: Mapping[str, Any]) -> bool:
        public = said.get("is_private") is False and said.get("is_channel") is True
        group = said.get("is_mpim") or said.get("is_group") or said.get("is_im")
        return public and not group and self.config.get("public_channels") == "everyone"


def _is_open(said: Mapping[str, Any]) -> bool:
    """Whether it is a channel, or a group's messages, that is not archived."""
    return said.get("is_archived") in (None, False) and said.get("is_im") in (None, False)


def _named(said: list[dict[str, Any]]) -> str:
    name = str(said[0].get("name") or said[0]["id"])
    return "#" + "".join(letter for letter in name if letter.isprintable())[:80]


def _unlisted(denied: Denied) -> SourceUnreadable:
    return SourceUnreadable(
        f"Slack does not list the workspace ({denied.code}); look at the app and its scopes"
    )
