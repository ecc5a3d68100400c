"""A Confluence on loopback, as its API documents say that it answers, of either kind."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from ingestion.connect import Access
from ingestion.sources.atlassian.confluence import Confluence
from ingestion.sources.reach import Reach
from tests.ingestion import stub_api
from tests.ingestion.listening import Asked, listening

LEVELS = ("public", "internal", "confidential", "regulated")
SECRET = "the token of the wiki"
Reply = tuple[int, dict[str, str], bytes]
EMPTY: Reply = (404, {}, b"{}")


@dataclass
class Space:
    id: str
    key: str
    readers: list[tuple[str, str]] = field(default_factory=list)
    """Kind and name: user, group, all or anonymous."""
    status: str = "current"


@dataclass
class Node:
    id: str
    space: str
    parent: str | None = None
    kind: str = "page"
    title: str = "A page"
    body: str = "<p>shared words</p>"
    version: int = 1
    status: str = "current"
    restricted: list[tuple[str, str]] | None = None


@dataclass
class Attached:
    id: str
    page: str
    title: str = "plan.md"
    content: bytes = b"attached words"
    mime_type: str = "text/markdown"
    version: int = 1
    status: str = "current"
    size: int | None = None


@dataclass
class WikiSite:
    """`before` is asked first, with the path and the query, and may answer itself."""

    cloud: bool
    url: str = ""
    spaces: dict[str, Space] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    attached: dict[str, Attached] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=dict)
    """Their e-mail addresses, where the site tells them."""
    groups: dict[str, list[str]] = field(default_factory=dict)
    before: Callable[[str, dict[str, str]], Reply | None] = lambda path, query: None
    per_page: int = 2
    anonymous: bool = False
    media: str = ""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def space(self, key: str, *readers: tuple[str, str]) -> Space:
        self.spaces[key] = Space(str(len(self.spaces) + 1), key, list(readers))
        return self.spaces[key]

    def page(self, id: str, space: str = "DOC", parent: str | None = None, **said: Any) -> Node:
        self.nodes[id] = Node(id, space, parent, **said)
        return self.nodes[id]

    def attach(self, id: str, page: str, **said: Any) -> Attached:
        self.attached[id] = Attached(id, page, **said)
        return self.attached[id]

    def source(
        self, secret: str | None = SECRET, max_bytes: int = 2000, reach: str = "", **config: Any
    ) -> Confluence:
        host = urlsplit(self.url)
        hosts = frozenset({reach or f"{host.hostname}:{host.port}"})
        said: dict[str, Any] = {"url": self.url, "deployment": "data_center"}
        if self.cloud:
            said |= {"deployment": "cloud", "user": "bot@house.example"}
        return Confluence(said | config, Access(LEVELS, max_bytes, Reach(hosts), secret))

    def subject(self, kind: str, name: str) -> dict[str, Any]:
        if kind == "group":
            return {"type": "group", "name": name} | ({"id": f"g-{name}"} if self.cloud else {})
        return {"type": "known", ("accountId" if self.cloud else "username"): name}

    def answer(self, path: str, query: dict[str, str], headers: dict[str, str]) -> Reply:
        if (said := self.before(path, query)) is not None:
            return said
        token = "Basic " + b64encode(f"bot@house.example:{SECRET}".encode()).decode()
        wanted = token if self.cloud else f"Bearer {SECRET}"
        if headers.get("authorization") != wanted:
            return 401, {}, b""
        if path == "/rest/api/user/current":
            return _json({"type": "anonymous"} if self.anonymous else self.subject("user", "bot"))
        if at := re.fullmatch(r"/rest/api/content/(\d+)/restriction/byOperation/read", path):
            return self._restriction(at[1], query)
        return self._cloud(path, query) if self.cloud else self._data_center(path, query)

    def _restriction(self, id: str, query: dict[str, str]) -> Reply:
        if id not in self.nodes:
            return EMPTY
        start, said = int(query["start"]), self.nodes[id].restricted or []
        lists = {
            kind: [self.subject(k, n) if k in ("user", "group") else {"type": k}
                   for k, n in said if (k == "group") == (kind == "group")]
            for kind in ("user", "group")
        }  # fmt: skip
        end = start + int(query["limit"])
        return _json(
            {
                "operation": "read",
                "restrictions": {
                    kind: {"results": found[start:end], "size": len(found[start:end])}
                    for kind, found in lists.items()
                },
            }
        )

    def _listing(self, found: list[Any], query: dict[str, str], mark: str, path: str) -> Reply:
        at = int(query.get(mark, "0").removeprefix("c"))
        said: dict[str, Any] = {"results": found[at : at + self.per_page], "_links": {}}
        if at + self.per_page < len(found):
            following = f"{'c' if mark == 'cursor' else ''}{at + self.per_page}"
            # its host is one that nobody allows
            said["_links"]["next"] = f"https://elsewhere.example{path}?{mark}={following}"
        return _json(said)

    def _cloud(self, path: str, query: dict[str, str]) -> Reply:
        by_id = {space.id: space for space in self.spaces.values()}
        if path == "/api/v2/spaces":
            found = [self._space(s) for s in by_id.values() if s.status == query["status"]]
            return self._listing(found, query, "cursor", path)
        if at := re.fullmatch(r"/api/v2/spaces/(\d+)(/permissions|/pages|)", path):
            if (space := by_id.get(at[1])) is None:
                return EMPTY
            if not at[2]:
                return _json(self._space(space))
            if at[2] == "/permissions":
                return self._listing(self._permissions(space), query, "cursor", path)
            pages = [n for n in self.nodes.values() if n.space == space.key and n.kind == "page"]
            current = [self._page(n) for n in pages if n.status == query["status"]]
            return self._listing(current, query, "cursor", path)
        if at := re.fullmatch(r"/api/v2/(pages|folders)/(\d+)(/attachments|)", path):
            if (node := self.nodes.get(at[2])) is None or f"{node.kind}s" != at[1]:
                return EMPTY
            if at[3]:
                files = [self._file(a) for a in self.attached.values() if a.page == node.id]
                return self._listing(files, query, "cursor", path)
            body = {"storage": {"value": node.body}} if "body-format" in query else {}
            return _json(self._page(node) | {"body": body})
        if (at := re.fullmatch(r"/api/v2/attachments/(\w+)", path)) and at[1] in self.attached:
            return _json(self._file(self.attached[at[1]]))
        if (name := query.get("accountId")) in self.users and path == "/rest/api/user":
            return _json({"type": "known", "accountId": name, "email": self.users[name]})
        if path == "/rest/api/group/by-id":
            name = query["id"].removeprefix("g-")
            return _json(self.subject("group", name)) if name in self.groups else EMPTY
        if at := re.fullmatch(r"/rest/api/group/g-([^/]+)/membersByGroupId", path):
            return self._members(unquote(at[1]), query, path)
        if at := re.fullmatch(r"/rest/api/content/\d+/child/attachment/(\w+)/download", path):
            return self._content(at[1])
        return EMPTY

    def _data_center(self, path: str, query: dict[str, str]) -> Reply:
        if path == "/rest/api/space":
            found = [
                self._space(space)
                for space in self.spaces.values()
                if space.status == query["status"] and query.get("spaceKey", space.key) == space.key
            ]
            return self._listing(found, query, "start", path)
        if at := re.fullmatch(r"/rest/api/space/([^/]+)/permissions", path):
            space = self.spaces.get(unquote(at[1]))
            return EMPTY if space is None else _json(self._permissions(space))
        if path == "/rest/api/content/scan":
            found = [
                self._page(node)
                for node in self.nodes.values()
                if node.space == query["spaceKey"] and node.status == query["status"]
            ]
            return self._listing(found, query, "cursor", path)
        if at := re.fullmatch(r"/rest/api/content/(\w+)(/child/attachment|)", path):
            if at[1] in self.attached and not at[2]:
                return _json(self._file(self.attached[at[1]]))
            if (node := self.nodes.get(at[1])) is None:
                return EMPTY
            if at[2]:
                files = [self._file(a) for a in self.attached.values() if a.page == node.id]
                return self._listing(files, query, "start", path)
            said = {"space": self._space(self.spaces[node.space])}
            return _json(self._page(node) | said | {"body": {"storage": {"value": node.body}}})
        if at := re.fullmatch(r"/rest/api/group/([^/]+)/member", path):
            return self._members(unquote(at[1]), query, path)
        if at := re.fullmatch(r"/download/attachments/\d+/(\w+)/.*", path):
            return self._content(at[1])
        return EMPTY

    def _members(self, name: str, query: dict[str, str], path: str) -> Reply:
        if name not in self.groups:
            return EMPTY
        members = [self.subject("user", member) for member in self.groups[name]]
        return self._listing(members, query, "start", path)

    def _content(self, id: str) -> Reply:
        if self.media:
            return 302, {"Location": self.media}, b""
        return 200, {}, self.attached[id].content

    def _space(self, space: Space) -> dict[str, Any]:
        id = space.id if self.cloud else int(space.id)
        return {"id": id, "key": space.key, "name": space.key, "status": space.status}

    def _permissions(self, space: Space) -> list[dict[str, Any]]:
        """With others than that to read."""
        found = []
        for kind, name in [("user", "writer"), *space.readers]:
            key = "create" if name == "writer" else "read"
            on = "page" if name == "writer" else "space"
            if self.cloud:
                id = f"g-{name}" if kind == "group" else name
                classes = {"anonymous": "anonymous-users", "all": "all-licensed-users"}
                kind_of, id = ("role", classes[kind]) if kind in classes else (kind, id)
                operation = {"key": key, "targetType": on}
                found.append({"principal": {"type": kind_of, "id": id}, "operation": operation})
            else:
                subject = self.subject(kind, name) if kind in ("user", "group") else {"type": kind}
                operation = {"operationKey": key, "targetType": on}
                found.append({"subject": subject, "operation": operation})
        return found

    def _page(self, node: Node) -> dict[str, Any]:
        said: dict[str, Any] = {
            "id": node.id,
            "status": node.status,
            "title": node.title,
            "_links": {"webui": f"/spaces/{quote(node.space)}/pages/{node.id}"},
            "version": {"number": node.version, "createdAt": "2026-11-01", "when": "2026-11-01"},
        }
        if self.cloud:
            parent = self.nodes.get(node.parent or "")
            kind = parent.kind if parent is not None else "page"
            above = {"parentId": node.parent, "parentType": kind if node.parent else None}
            return said | above | {"spaceId": self.spaces[node.space].id}
        above_ids: list[str] = []
        parent_id = node.parent
        while parent_id is not None:
            above_ids.insert(0, parent_id)
            parent_id = self.nodes[parent_id].parent
        return said | {"type": "page", "ancestors": [{"id": id} for id in above_ids]}

    def _file(self, file: Attached) -> dict[str, Any]:
        size = len(file.content) if file.size is None else file.size
        link = f"/download/attachments/{file.page}/{file.id}/{quote(file.title)}?version=1"
        return {
            "id": file.id,
            "type": "attachment",
            "status": file.status,
            "title": file.title,
            "pageId": file.page,
            "container": {"id": file.page},
            "mediaType": file.mime_type,
            "fileSize": size,
            "extensions": {"mediaType": file.mime_type, "fileSize": size},
            "version": {"number": file.version, "createdAt": "2026-11-01", "when": "2026-11-01"},
            "webuiLink": f"/files/{file.id}",
            "_links": {"download": link, "webui": f"/files/{file.id}"},
        }


def _json(said: Any) -> Reply:
    return 200, {"Content-Type": "application/json"}, json.dumps(said).encode()


@contextmanager
def serving(cloud: bool) -> Iterator[WikiSite]:
    def respond(asked: Asked) -> stub_api.Reply:
        site.asked.append((asked.target, dict(asked.headers)))
        status, said, body = site.answer(
            asked.path.removeprefix("/wiki"), asked.said, dict(asked.headers)
        )
        return stub_api.Reply(body, status, said)

    with listening(respond) as port:
        site = WikiSite(cloud, f"http://127.0.0.1:{port}/wiki")
        yield site
