"""Confluence Cloud: version 2 of its REST API, and version 1 for what only that has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ingestion.sources.atlassian.door import Door, Refused
from ingestion.sources.atlassian.paging import items
from ingestion.sources.atlassian.readers import ALL, ANONYMOUS, Audience, Name
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

_CLASSES = {
    "anonymous-users": ANONYMOUS,
    "authenticated-users": ALL,
    "all-licensed-users": ALL,
}
_PARENTS = {
    "page": "pages",
    "folder": "folders",
    "whiteboard": "whiteboards",
    "database": "databases",
    "embed": "embeds",
}
_DEPTH = 200
Parent = tuple[str, str] | None
"""Kind and id of what something is directly below."""


@dataclass(frozen=True)
class Cloud:
    """See Wiki. Users and groups are known by their ids."""

    door: Door
    user_key = "accountId"
    group_key = "id"

    def spaces(self) -> list[Space]:
        found = items(self.door, "/api/v2/spaces", "cursor", status="current", limit=LIMIT)
        return [_space(said) for said in found if said["status"] == "current"]

    def audience(self, space: Space) -> Audience:
        found, unknown = set[Name](), set[str]()
        path = f"/api/v2/spaces/{space.id}/permissions"
        for said in items(self.door, path, "cursor", limit=LIMIT):
            operation, principal = said["operation"], said["principal"]
            if (operation["key"], operation["targetType"]) != ("read", "space"):
                continue
            kind, id = text(principal["type"]).lower(), text(principal["id"])
            if kind == "user" and id:
                found.add(Name("user", id))
            elif kind == "group" and id:
                found.add(Name("group", id))
            elif kind in ("role", "access_class") and id in _CLASSES:
                found.add(_CLASSES[id])
            else:
                unknown.add("role")
        return Audience(frozenset(found), frozenset(unknown))

    def pages(self, space: Space) -> list[Page]:
        path = f"/api/v2/spaces/{space.id}/pages"
        listed = items(self.door, path, "cursor", depth="all", status="current", limit=LIMIT)
        found = {numeric_id(said["id"]): said for said in listed if said["status"] == "current"}
        parents = {id: _parent(said) for id, said in found.items()}
        return [_page(said, self._above(id, parents)) for id, said in found.items()]

    def page(self, id: str) -> tuple[Page, Space]:
        said = self.door.json(f"/api/v2/pages/{id}")
        if said["status"] != "current" or numeric_id(said["id"]) != id:
            raise Refused(404)
        space = self.door.json(f"/api/v2/spaces/{numeric_id(said['spaceId'])}")
        if space["status"] != "current":
            raise Refused(404)
        return _page(said, self._above(id, {id: _parent(said)})), _space(space)

    def attachments(self, page: str) -> list[Attachment]:
        path = f"/api/v2/pages/{page}/attachments"
        found = items(self.door, path, "cursor", status="current", limit=LIMIT)
        return [_attachment(said, page) for said in found if said["status"] == "current"]

    def attachment(self, id: str) -> Attachment:
        said = self.door.json(f"/api/v2/attachments/{id}")
        if said["status"] != "current" or said["id"] != id or not said.get("pageId"):
            raise Refused(404)
        return _attachment(said, numeric_id(said["pageId"]))

    def body(self, page: str) -> tuple[str, str]:
        said = self.door.json(f"/api/v2/pages/{page}", **{"body-format": "storage"})
        return _version(said), text(said["body"]["storage"]["value"])

    def user(self, id: str) -> str:
        said = self.door.json("/rest/api/user", accountId=id)
        if said["accountId"] != id:
            raise ValueError
        return text(said.get("email") or id)

    def group(self, id: str) -> str:
        said = self.door.json("/rest/api/group/by-id", id=id)
        if said["id"] != id:
            raise ValueError
        return text(said["name"])

    def members(self, id: str) -> Iterator[str]:
        path = f"/rest/api/group/{segment(id)}/membersByGroupId"
        for said in items(self.door, path, "start", limit=LIMIT):
            yield text(said["accountId"])

    def _above(self, id: str, parents: dict[str, Parent]) -> tuple[str, ...] | None:
        """`parents` gets what has to be asked for. Ids are one to all kinds of content."""
        above: list[str] = []
        while (parent := parents[id]) is not None:
            kind, id = parent
            if id in above or len(above) > _DEPTH or kind not in _PARENTS:
                return None
            above.append(id)
            if id not in parents:
                try:
                    parents[id] = _parent(self.door.json(f"/api/v2/{_PARENTS[kind]}/{id}"))
                except Refused:
                    return None
        return tuple(above)


def _space(said: Any) -> Space:
    return Space(numeric_id(said["id"]), space_key(said["key"]))


def _parent(said: Mapping[str, Any]) -> Parent:
    if said["parentId"] is None:
        return None
    return text(said["parentType"]), numeric_id(said["parentId"])


def _page(said: Any, above: tuple[str, ...] | None) -> Page:
    return Page(
        numeric_id(said["id"]), text(said["title"]), above, _version(said), link(said.get("_links"))
    )


def _version(said: Any) -> str:
    version = said["version"]
    return f"{int(version['number'])} {text(version['createdAt'])}"


def _attachment(said: Any, page: str) -> Attachment:
    id, number = attachment_id(said["id"]), int(said["version"]["number"])
    return Attachment(
        id=id,
        page=page,
        title=text(said["title"]),
        mime_type=text(said.get("mediaType") or ""),
        size=int(said["fileSize"]),
        version=_version(said),
        download=f"/rest/api/content/{page}/child/attachment/{id}/download?version={number}",
        link=link({"webui": said.get("webuiLink")}),
    )
