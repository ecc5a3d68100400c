"""A GitLab on loopback, which speaks the shapes that GitLab documents for its REST API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from ingestion.connect import Access
from ingestion.sources.forge.gitlab import GitLab
from ingestion.sources.reach import Reach
from tests.ingestion.stub_api import Reply, listing, reply

LEVELS = ("public", "internal", "confidential", "regulated")
SECRET = "glpat-the-token-of-the-reader"
NAME = "house/docs/handbook"


@dataclass
class Site:
    """`instead` may answer a path below a project in its own way, by the parameters; `asked` is
    what was, with the token that came."""

    port: int = 0
    projects: dict[str, dict[str, Any]] = field(default_factory=dict)
    members: dict[int, list[Any]] = field(default_factory=dict)
    entries: dict[tuple[int, str], dict[int, dict[str, Any]]] = field(default_factory=dict)
    notes: dict[tuple[int, str, int], list[dict[str, Any]]] = field(default_factory=dict)
    instead: dict[str, Callable[[dict[str, str]], Reply | None]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    page: int = 2
    _last: int = 0

    def project(self, name: str = NAME, /, *members: tuple[str, int], **said: Any) -> None:
        number = len(self.projects) + 7
        self.projects[name] = {
            "id": number,
            "path_with_namespace": name,
            "visibility": "private",
            "issues_enabled": True,
            "merge_requests_enabled": True,
            "issues_access_level": "enabled",
            "merge_requests_access_level": "enabled",
            **said,
        }
        self.members[number] = [member(*one) for one in members]
        for kind in ("issues", "merge_requests"):
            self.entries[number, kind] = {}

    def issue(self, iid: int, name: str = NAME, /, kind: str = "issues", **said: Any) -> None:
        number = self.projects[name]["id"]
        one = {"iid": iid, "project_id": number, "state": "opened", "title": f"title {iid}"}
        one |= {"assignees": [], **self._text(said)}
        if kind == "issues":
            one = {"confidential": False, **one}
        self.entries[number, kind][iid] = one

    def note(
        self, iid: int, body: Any, name: str = NAME, /, kind: str = "issues", **said: Any
    ) -> None:
        flags = {"system": False, "internal": False, "confidential": False}
        number = self.projects[name]["id"]
        found = self.notes.setdefault((number, kind, iid), [])
        found.append(self._text({"body": body, **flags, **said}))

    def _text(self, said: dict[str, Any]) -> dict[str, Any]:
        self._last += 1
        when = f"2024-05-01T10:{self._last:02}:00.000Z"
        author = {"username": "ada", "state": "active"}
        return {"id": self._last, "author": author, "created_at": when, **said}

    def source(self, max_bytes: int = 10_000, reach: str = "", **config: Any) -> GitLab:
        hosts = frozenset({reach or f"127.0.0.1:{self.port}"})
        said = {
            "endpoint": f"http://127.0.0.1:{self.port}/api/v4",
            "projects": list(self.projects),
        }
        secret = config.pop("secret", SECRET)
        return GitLab({**said, **config}, Access(LEVELS, max_bytes, Reach(hosts), secret))

    def answer(self, path: str, said: dict[str, str], headers: Mapping[str, str]) -> Reply:
        token = headers.get("authorization", "")
        self.asked.append((path, said, token))
        if token != f"Bearer {SECRET}":
            return reply({"message": "401 Unauthorized"}, 401)
        named, _, rest = path.removeprefix("api/v4/projects/").partition("/")
        if rest in self.instead and (other := self.instead[rest](said)) is not None:
            return other
        for name, held in self.projects.items():
            if unquote(named) in (name, str(held["id"])):
                return self._below(held, rest, said, f"http://127.0.0.1:{self.port}/{path}")
        return reply({"message": "404 Project Not Found"}, 404)

    def _below(self, held: dict[str, Any], rest: str, said: dict[str, str], at: str) -> Reply:
        kind, _, last = rest.partition("/")
        number, below = last.partition("/")[::2]
        if not rest:
            return reply(held)
        if rest == "members/all":
            return listing(at, self.members[held["id"]], said, self.page)
        if kind not in ("issues", "merge_requests"):
            return reply({"error": "404 Not Found"}, 404)
        if held[f"{kind}_access_level"] == "disabled":
            return reply({"message": "403 Forbidden"}, 403)
        found = [
            {"user_notes_count": self._count(held["id"], kind, iid), **one}
            for iid, one in self.entries[held["id"], kind].items()
        ]
        if not rest.removeprefix(kind):
            found = [one for one in found if said.get("state") == "all" or one["state"] == "opened"]
            return listing(at, found, said, self.page)
        for one in found:
            if str(one["iid"]) == number and not below:
                return reply(one)
            if str(one["iid"]) == number and below == "notes":
                notes = self.notes.get((held["id"], kind, one["iid"]), [])
                return listing(at, notes, said, self.page)
        return reply({"message": "404 Not found"}, 404)

    def _count(self, number: int, kind: str, iid: int) -> int:
        notes = self.notes.get((number, kind, iid), [])
        return sum(not note.get("system") for note in notes)


def member(username: str, level: int = 30, **said: Any) -> dict[str, Any]:
    return {
        "username": username,
        "state": "active",
        "membership_state": "active",
        "access_level": level,
        "expires_at": None,
        "public_email": "eve@house.example",
        **said,
    }
