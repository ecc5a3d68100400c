"""A stub of Microsoft Graph on loopback, with the shapes that its reference documents, its login
host, and the host that files are downloaded from. It was never compared with the real service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from ingestion.connect import Access
from ingestion.sources.reach import Reach
from ingestion.sources.sharepoint.connector import SharePoint
from tests.ingestion.listening import Asked, listening

SECRET = "the secret & of the app"
TOKEN = "the.token"
HOME = "0fdb79f5-3ad4-4a4e-a6ad-6c5e3ff0b1aa"
SITE = f"house.sharepoint.com,{HOME},1fdb79f5-3ad4-4a4e-a6ad-6c5e3ff0b1aa"
DRIVE = "b!one-two_three"
ROOT = "01ROOT"


@dataclass
class Answer:
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


def person(name: str, roles: Any = ("read",), **said: Any) -> dict[str, Any]:
    """A permission of one person, by e-mail address."""
    return {"id": name, "roles": list(roles), "grantedToV2": identity(name), **said}


def identity(email: str) -> dict[str, Any]:
    return {
        "user": {"id": "5fdb79f5-3ad4-4a4e-a6ad-6c5e3ff0b1aa", "email": email, "displayName": "A"},
        "siteUser": {"id": "7", "email": email, "loginName": f"i:0#.f|membership|{email}"},
    }


def link(scope: str | None, *people: str, type: str = "view", **said: Any) -> dict[str, Any]:
    facet = {"type": type, "webUrl": "https://house.sharepoint.com/:w:/s/x"}
    return {
        "id": "l",
        "roles": ["read"],
        "link": facet | ({} if scope is None else {"scope": scope}),
        "grantedToIdentitiesV2": [identity(name) for name in people],
        **said,
    }


def claim(login: str, **said: Any) -> dict[str, Any]:
    """A permission of what has this login name."""
    return {
        "id": "c",
        "roles": ["read"],
        "grantedToV2": {"siteUser": {"id": "8", "loginName": login}, **said},
    }


@dataclass
class Tenant:
    """`items` and `permissions` are by id; what `answers` has for a path comes first, one by
    one. `asked` is what came: host, method, path and query, headers, body."""

    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    permissions: dict[str, list[Any]] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    drives: list[dict[str, Any]] = field(default_factory=lambda: [{"id": DRIVE}])
    asked: list[tuple[str, str, str, dict[str, str], str]] = field(default_factory=list)
    page: int = 2
    tokens: list[str] = field(default_factory=lambda: [TOKEN])
    api: str = ""
    files: str = ""

    def folder(self, id: str, parent: str, *permissions: Any, **said: Any) -> None:
        facet: dict[str, Any] = {"root": {}} if id == ROOT else {}
        self._item(id, parent, permissions, {"name": id, "folder": {}, **facet, **said})

    def file(self, id: str, parent: str, *permissions: Any, **said: Any) -> None:
        self.contents.setdefault(id, f"words of {id}".encode())
        facet = {"name": f"{id}.md", "file": {}, "size": 10, "cTag": f'"c:{{{id}}},1"'}
        self._item(id, parent, permissions, facet | said)

    def _item(self, id: str, parent: str, permissions: Any, said: dict[str, Any]) -> None:
        above = {"driveId": DRIVE, "id": parent} if parent else {"driveId": DRIVE}
        self.items[id] = {"id": id, "parentReference": above, **said}
        self.permissions[id] = list(permissions)

    def remove(self, id: str) -> None:
        """Its last entry in the listing says so."""
        self.items[id] = {"id": id, "deleted": {"state": "deleted"}}

    def source(self, max_bytes: int = 1000, hosts: Any = None, **config: Any) -> SharePoint:
        named = {self.api, self.files} if hosts is None else hosts
        reach = Reach(frozenset(host.removeprefix("http://") for host in named))
        said = {
            "tenant": "house.example",
            "client_id": "app",
            "site": "https://house.sharepoint.com/sites/hr",
            "login": self.api,
            "graph": self.api,
            **config,
        }
        return SharePoint(said, Access(("public", "internal"), max_bytes, reach, SECRET))

    def paths(self, host: str = "") -> list[str]:
        return [unquote(path) for at, _, path, _, _ in self.asked if at == (host or self.api)]

    def answer(self, host: str, method: str, path: str, headers: dict[str, str]) -> Answer:
        parts = urlsplit(path)
        if waiting := self.answers.get(unquote(parts.path)):
            return waiting.pop(0)
        if host == self.files:
            name = parts.path.removeprefix("/download/")
            return Answer(self.contents[name])
        if method == "POST":
            said = {"token_type": "Bearer", "expires_in": 3599, "access_token": self.tokens[0]}
            return Answer(json.dumps(said).encode())
        if headers.get("authorization") != f"Bearer {self.tokens[0]}":
            return Answer(b'{"error": {"code": "InvalidAuthenticationToken"}}', 401)
        names = [unquote(name) for name in parts.path.split("/")][2:]
        start = int(parse_qs(parts.query).get("at", ["0"])[0])
        match names:
            case ["sites", "house.sharepoint.com:", "sites", "hr"]:
                return Answer(json.dumps({"id": SITE}).encode())
            case ["sites", site, "drives"] if site == SITE:
                return self._page(parts.path, self.drives, start, {})
            case ["users", "ada@house.example", "drives"]:
                return self._page(parts.path, self.drives, start, {})
            case ["drives", drive, "root", "delta"] if drive == DRIVE:
                end = {"@odata.deltaLink": f"{self.api}{parts.path}?token=x"}
                return self._page(parts.path, list(self.items.values()), start, end)
            case ["drives", _, "items", id] if id in self.items:
                if "deleted" not in self.items[id]:
                    return Answer(json.dumps(self.items[id]).encode())
            case ["drives", _, "items", id, "permissions"] if id in self.permissions:
                return self._page(parts.path, self.permissions[id], start, {})
            case ["drives", _, "items", id, "content"] if id in self.contents:
                return Answer(status=302, headers={"Location": f"{self.files}/download/{id}"})
        return Answer(b'{"error": {"code": "itemNotFound"}}', 404)

    def _page(self, path: str, all: list[Any], start: int, end: dict[str, str]) -> Answer:
        said: dict[str, Any] = {"value": all[start : start + self.page]}
        if start + self.page < len(all):
            said["@odata.nextLink"] = f"{self.api}{path}?at={start + self.page}"
        else:
            said |= end
        return Answer(json.dumps(said).encode())


@contextmanager
def serving() -> Iterator[Tenant]:
    """The API with the login host, and the host of downloads, each on a port of its own."""
    tenant = Tenant()

    def respond(asked: Asked) -> Answer:
        host, headers = f"http://{asked.host}", dict(asked.headers)
        tenant.asked.append((host, asked.method, asked.target, headers, asked.body))
        return tenant.answer(host, asked.method, asked.target, headers)

    with listening(respond) as api, listening(respond) as files:
        tenant.api, tenant.files = (f"http://127.0.0.1:{port}" for port in (api, files))
        yield tenant
