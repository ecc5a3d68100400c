"""Confluence Data Center, 9.1 or later, by its REST API."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ingestion.sources.atlassian.door import Door, Refused
from ingestion.sources.atlassian.paging import items
from ingestion.sources.atlassian.readers import ANONYMOUS, Audience, Name
from ingestion.sources.atlassian.said import numeric_id, segment, text
from ingestion.sources.atlassian.wiki import (
    LIMIT,
    Attachment,
    Page,
    Space,
    attachment_id,
    link,
    space_key,
)

_DOWNLOAD = re.compile(r"/download/attachments/[!-~]{1,2000}")


@dataclass(frozen=True)
class DataCenter:
    """See Wiki. Users and groups are known by their names."""

    door: Door
    user_key = "username"
    group_key = "name"

    def spaces(self) -> list[Space]:
        found = items(self.door, "/rest/api/space", "start", status="current", limit=LIMIT)
        return [_space(said) for said in found if said["status"].lower() == "current"]

    def audience(self, space: Space) -> Audience:
        found, unknown = set[Name](), set[str]()
        for said in self.door.json(f"/rest/api/space/{segment(space.key)}/permissions"):
            operation, subject = said["operation"], said["subject"] or {"type": "anonymous"}
            if (operation["operationKey"], operation["targetType"]) != ("read", "space"):
                continue
            kind = text(subject["type"]).lower()
            if kind == "anonymous":
                found.add(ANONYMOUS)
            elif kind in ("user", "known") and subject.get("username"):
                found.add(Name("user", text(subject["username"])))
            elif kind == "group" and subject.get("name"):
                found.add(Name("group", text(subject["name"])))
            else:
                unknown.add("user")
        return Audience(frozenset(found), frozenset(unknown))

    def pages(self, space: Space) -> list[Page]:
        listed = items(
            self.door,
            "/rest/api/content/scan",
            "cursor",
            spaceKey=space.key,
            type="page",
            status="current",
            expand="version,ancestors",
            limit=LIMIT,
        )
        found = [_page(said) for said in listed if _is_current(said, "page")]
        return list({page.id: page for page in found}.values())

    def page(self, id: str) -> tuple[Page, Space]:
        said = self.door.json(f"/rest/api/content/{id}", expand="version,ancestors,space")
        if not _is_current(said, "page") or numeric_id(said["id"]) != id:
            raise Refused(404)
        key = space_key(said["space"]["key"])
        current = items(
            self.door, "/rest/api/space", "start", spaceKey=key, status="current", limit=LIMIT
        )
        for found in current:
            if found["key"] == key and found["status"].lower() == "current":
                return _page(said), _space(found)
        raise Refused(404)

    def attachments(self, page: str) -> list[Attachment]:
        path = f"/rest/api/content/{page}/child/attachment"
        found = items(self.door, path, "start", expand="version", limit=LIMIT)
        return [_attachment(said, page) for said in found if _is_current(said, "attachment")]

    def attachment(self, id: str) -> Attachment:
        said = self.door.json(f"/rest/api/content/{id}", expand="version,container")
        if not _is_current(said, "attachment") or said["id"] != id:
            raise Refused(404)
        return _attachment(said, numeric_id(said["container"]["id"]))

    def body(self, page: str) -> tuple[str, str]:
        said = self.door.json(f"/rest/api/content/{page}", expand="body.storage,version")
        return _version(said), text(said["body"]["storage"]["value"])

    def user(self, id: str) -> str:
        return id

    def group(self, id: str) -> str:
        return id

    def members(self, id: str) -> Iterator[str]:
        for said in items(self.door, f"/rest/api/group/{segment(id)}/member", "start", limit=LIMIT):
            yield text(said["username"])


def _is_current(said: Any, kind: str) -> bool:
    return bool(said["type"] == kind and said["status"] == "current")


def _space(said: Any) -> Space:
    return Space(numeric_id(said["id"]), space_key(said["key"]))


def _page(said: Any) -> Page:
    above = tuple(numeric_id(ancestor["id"]) for ancestor in reversed(said["ancestors"]))
    return Page(
        numeric_id(said["id"]), text(said["title"]), above, _version(said), link(said.get("_links"))
    )


def _version(said: Any) -> str:
    version = said["version"]
    return f"{int(version['number'])} {text(version['when'])}"


def _attachment(said: Any, page: str) -> Attachment:
    about, download = said["extensions"], text(said["_links"]["download"])
    path = re.sub("%2e", ".", download.partition("?")[0], flags=re.IGNORECASE)
    if not _DOWNLOAD.fullmatch(download) or ".." in path.split("/") or "\\" in path:
        download = ""
    return Attachment(
        id=attachment_id(said["id"]),
        page=page,
        title=text(said["title"]),
        mime_type=text(about.get("mediaType") or ""),
        size=int(about["fileSize"]),
        version=_version(said),
        download=download,
        link=link(said["_links"]),
    )
