"""What both kinds of Confluence have, in one form; and what they say, taken for hostile."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Protocol

from ingestion.sources.atlassian.door import Door, Refused, wrong_secret
from ingestion.sources.atlassian.readers import Audience, Directory, Name
from ingestion.sources.atlassian.said import matched

LIMIT = 200
_ATTACHMENT = re.compile(r"(att)?[0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class Space:
    id: str
    key: str


@dataclass(frozen=True, slots=True)
class Page:
    """`above` are the ids of what it is below, nearest first; None where that is not known.
    `version` is that of its title and text."""

    id: str
    title: str
    above: tuple[str, ...] | None
    version: str
    link: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """`download` is the path of its content below the site's address; empty where it is none."""

    id: str
    page: str
    title: str
    mime_type: str
    size: int
    version: str
    download: str
    link: str


class Wiki(Directory, Protocol):
    """Methods that ask raise Refused where the token may not see it or it is not there,
    SourceUnreadable, and what reading a strange answer raises: see STRANGE. `user_key` and
    `group_key` are where a restriction has their ids."""

    @property
    def door(self) -> Door: ...
    @property
    def user_key(self) -> str: ...
    @property
    def group_key(self) -> str: ...

    def spaces(self) -> list[Space]: ...
    def audience(self, space: Space) -> Audience: ...
    def pages(self, space: Space) -> list[Page]: ...
    def page(self, id: str) -> tuple[Page, Space]: ...
    def attachments(self, page: str) -> list[Attachment]: ...
    def attachment(self, id: str) -> Attachment: ...
    def body(self, page: str) -> tuple[str, str]:
        """The version, and the text as Confluence stores it."""


def restriction(door: Door, id: str, user_key: str, group_key: str) -> Audience | None:
    """Who alone may read a page or folder by a restriction of its own; None where there is none.
    What cannot be understood restricts all the same."""
    found, unknown, restricted, start = set[Name](), set[str](), False, 0
    while True:
        said = door.json(
            f"/rest/api/content/{id}/restriction/byOperation/read",
            expand="restrictions.user,restrictions.group",
            start=start,
            limit=LIMIT,
        )["restrictions"]
        lists = [(said["user"], "user", user_key), (said["group"], "group", group_key)]
        for part, kind, key in lists:
            results = part["results"]
            if not isinstance(results, list):
                raise TypeError
            restricted |= bool(results) or bool(part.get("size"))
            for subject in results:
                if isinstance(subject.get(key), str) and subject[key]:
                    found.add(Name("user" if kind == "user" else "group", subject[key]))
                else:
                    unknown.add(kind)
        start += LIMIT
        # the rest is let in by nobody
        if all(len(part["results"]) < LIMIT for part, *_ in lists) or start > 100 * LIMIT:
            break
    return Audience(frozenset(found), frozenset(unknown)) if restricted else None


def signed_in(door: Door) -> None:
    """Raises SourceUnreadable where the site takes us for nobody: then it shows what anybody may
    see, as if there were no more."""
    try:
        said = door.json("/rest/api/user/current")
        known = said.get("type") != "anonymous" and (said.get("accountId") or said.get("username"))
    except Refused:
        known = None
    if not known:
        raise wrong_secret()


def attachment_id(said: Any) -> str:
    return matched(_ATTACHMENT, said)


def space_key(said: Any) -> str:
    if not isinstance(said, str) or not 0 < len(said) < 256 or not said.isprintable():
        raise ValueError
    return said


def link(said: Any) -> str:
    """A path on the site; empty where it is none."""
    path = said.get("webui") if isinstance(said, dict) else None
    sound = isinstance(path, str) and re.fullmatch(r"/(?!/)[!-~]{0,1000}", path)
    return str(path) if sound else ""
