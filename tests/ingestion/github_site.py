"""A GitHub on loopback, which speaks the shapes that GitHub documents for its REST API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ingestion.connect import Access
from ingestion.sources.forge.github import GitHub
from ingestion.sources.reach import Reach
from tests.ingestion.stub_api import Reply, listing, reply

LEVELS = ("public", "internal", "confidential", "regulated")
SECRET = "github_pat_the-token-of-the-reader"
NAME = "house/handbook"


@dataclass
class Site:
    """`instead` may answer a path below a repository in its own way, by the parameters; `asked` is
    what was, with the token that came."""

    port: int = 0
    repositories: dict[str, dict[str, Any]] = field(default_factory=dict)
    collaborators: dict[str, list[Any]] = field(default_factory=dict)
    issues: dict[str, dict[int, dict[str, Any]]] = field(default_factory=dict)
    comments: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)
    instead: dict[str, Callable[[dict[str, str]], Reply | None]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    page: int = 2
    _last: int = 0

    def repository(self, name: str = NAME, /, *logins: str, **said: Any) -> None:
        self.repositories[name] = {
            "full_name": name,
            "private": True,
            "visibility": "private",
            "has_issues": True,
            **said,
        }
        self.collaborators[name] = [user(login) for login in logins]
        self.issues.setdefault(name, {})
        for kind in ("issues", "pulls"):
            self.comments.setdefault((name, kind), [])

    def issue(self, number: int, name: str = NAME, /, pull: bool = False, **said: Any) -> None:
        one = {"number": number, "state": "open", "title": f"title {number}", **self._text(said)}
        self.issues[name][number] = {**one, "pull_request": {}} if pull else one

    def comment(
        self, number: int, body: Any, name: str = NAME, /, kind: str = "issues", **said: Any
    ) -> None:
        key = "issue_url" if kind == "issues" else "pull_request_url"
        at = f"https://api.github.com/repos/{name}/{kind}/{number}"
        one = {key: at, **self._text({"body": body, **said})}
        self.comments[name, kind].append(one)

    def _text(self, said: dict[str, Any]) -> dict[str, Any]:
        self._last += 1
        when = f"2024-05-01T10:{self._last:02}:00Z"
        return {"id": self._last, "user": {"login": "ada"}, "created_at": when, **said}

    def source(self, max_bytes: int = 10_000, reach: str = "", **config: Any) -> GitHub:
        hosts = frozenset({reach or f"127.0.0.1:{self.port}"})
        said = {
            "endpoint": f"http://127.0.0.1:{self.port}/api/v3",
            "repositories": list(self.repositories),
        }
        secret = config.pop("secret", SECRET)
        return GitHub({**said, **config}, Access(LEVELS, max_bytes, Reach(hosts), secret))

    def answer(self, path: str, said: dict[str, str], headers: Mapping[str, str]) -> Reply:
        token = headers.get("authorization", "")
        self.asked.append((path, said, token))
        if token != f"Bearer {SECRET}":
            return reply({"message": "Bad credentials"}, 401)
        parts = path.removeprefix("api/v3/repos/").split("/", 2)
        name, rest = "/".join(parts[:2]), parts[2] if parts[2:] else ""
        if rest in self.instead and (other := self.instead[rest](said)) is not None:
            return other
        # GitHub does not mind the case
        known = {one.lower(): one for one in self.repositories}
        if not path.startswith("api/v3/repos/") or name.lower() not in known:
            return reply({"message": "Not Found"}, 404)
        return self._below(known[name.lower()], rest, said, f"http://127.0.0.1:{self.port}/{path}")

    def _below(self, name: str, rest: str, said: dict[str, str], at: str) -> Reply:
        kind, _, last = rest.partition("/")
        held = self.repositories[name]
        pulls_off = held.get("has_pull_requests") is False
        if not rest:
            return reply(held)
        if rest == "collaborators" and said.get("affiliation") == "all":
            return listing(at, self.collaborators[name], said, self.page)
        if last == "comments" and (name, kind) in self.comments:
            if pulls_off and (kind == "pulls" or held["has_issues"] is False):
                return reply({"message": "Not Found"}, 404)
            return listing(at, self.comments[name, kind], said, self.page)
        issues = self.issues[name]
        if kind == "issues" and held["has_issues"] is False:
            return reply({"message": "Issues are disabled for this repo"}, 410)
        if kind == "pulls" and pulls_off:
            return reply({"message": "Not Found"}, 404)
        found = [one for one in issues.values() if kind == "issues" or "pull_request" in one]
        if kind == "pulls":
            found = [{**one, "head": {}} for one in found]
            found = [{key: one[key] for key in one if key != "pull_request"} for one in found]
        if not last:
            found = [one for one in found if said.get("state") == "all" or one["state"] == "open"]
            return listing(at, found, said, self.page)
        for one in found:
            if str(one["number"]) == last:
                return reply(one)
        return reply({"message": "Not Found"}, 404)


def user(login: str, **said: Any) -> dict[str, Any]:
    return {"login": login, "type": "User", "permissions": {"pull": True}, **said}
