"""A Jira on loopback, as its API documents say that it answers, of either kind."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ingestion.connect import Access
from ingestion.sources.atlassian.jira import Jira
from ingestion.sources.reach import Reach
from tests.ingestion import stub_api
from tests.ingestion.listening import Asked, listening

LEVELS = ("public", "internal", "confidential", "regulated")
SECRET = "the token of the tracker"
Reply = tuple[int, dict[str, str], bytes]
Held = tuple[str, str]
"""Kind and name of whom a permission, a level or a role names."""
EMPTY: Reply = (404, {}, b"{}")
COMMENT = {"author": "ada", "visibility": None, "internal": None, "jsdPublic": True}


@dataclass
class Project:
    id: str
    key: str
    browse: list[Held]
    lead: str = "lead"
    scheme: bool = True
    """Whether it has one for security levels."""
    archived: bool = False
    kind: str = "software"
    browsable: bool = True
    """By whose token it is."""


@dataclass
class Issue:
    id: str
    project: str
    title: str = "An issue"
    text: str | None = "shared words"
    updated: str = "2026-11-01T10:00:00.000+0000"
    level: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    """Others besides; one that is None is not shown."""
    comments: list[dict[str, Any]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    at: str = ""
    """The id of its project, where that is said to be another."""


@dataclass
class TrackerSite:
    """`before` is asked first, with the path and the query, and may answer itself."""

    cloud: bool
    url: str = ""
    projects: dict[str, Project] = field(default_factory=dict)
    issues: dict[str, Issue] = field(default_factory=dict)
    levels: dict[str, list[Held]] = field(default_factory=dict)
    hidden_levels: set[str] = field(default_factory=set)
    """Of which a project does not tell that it has them."""
    roles: dict[str, list[Held]] = field(default_factory=dict)
    applications: dict[str, list[str]] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=dict)
    """Their e-mail addresses, where the site tells them."""
    keys: dict[str, str] = field(default_factory=dict)
    """In Data Center, whose a key is; that of others is their name."""
    groups: dict[str, list[str]] = field(default_factory=dict)
    before: Callable[[str, dict[str, str]], Reply | None] = lambda path, query: None
    per_page: int = 2
    media: str = ""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def project(self, key: str, *browse: Held, **said: Any) -> Project:
        self.projects[key] = Project(str(100 + len(self.projects)), key, list(browse), **said)
        return self.projects[key]

    def issue(self, id: str, project: str = "DOC", **said: Any) -> Issue:
        self.issues[id] = Issue(id, project, **said)
        return self.issues[id]

    def attach(self, id: str, issue: str, **said: Any) -> dict[str, Any]:
        file = {"filename": "plan.md", "content": b"attached words", "mimeType": "text/markdown"}
        file |= {"id": id, "size": None, "created": "2026-11-01"} | said
        self.issues[issue].files.append(file)
        return file

    def comment(self, issue: str, text: str, **said: Any) -> None:
        self.issues[issue].comments.append(COMMENT | {"text": text} | said)

    def source(
        self, secret: str | None = SECRET, max_bytes: int = 4000, reach: str = "", **config: Any
    ) -> Jira:
        host = urlsplit(self.url)
        hosts = frozenset({reach or f"{host.hostname}:{host.port}"})
        said: dict[str, Any] = {"url": self.url, "deployment": "data_center"}
        if self.cloud:
            said |= {"deployment": "cloud", "user": "bot@house.example"}
        return Jira(said | config, Access(LEVELS, max_bytes, Reach(hosts), secret))

    def person(self, name: str) -> dict[str, Any]:
        if self.cloud:
            said = {"accountId": name, "displayName": f"Called {name}"}
            return said | ({"emailAddress": self.users[name]} if self.users.get(name) else {})
        keys = [key for key, whose in self.keys.items() if whose == name]
        return {"name": name, "key": keys[0] if keys else name, "displayName": f"Called {name}"}

    def group(self, name: str) -> dict[str, Any]:
        return {"name": name} | ({"groupId": f"g-{name}"} if self.cloud else {})

    def answer(self, path: str, query: dict[str, str], headers: dict[str, str]) -> Reply:
        if (said := self.before(path, query)) is not None:
            return said
        token = "Basic " + b64encode(f"bot@house.example:{SECRET}".encode()).decode()
        if headers.get("authorization") != (token if self.cloud else f"Bearer {SECRET}"):
            return 401, {}, b""
        if at := re.fullmatch(r"/secure/attachment/(\d+)/.+", path):
            return self._content(at[1])
        api = "/rest/api/3" if self.cloud else "/rest/api/2"
        if not path.startswith(f"{api}/"):
            return EMPTY
        path = path.removeprefix(api)
        if path == "/myself":
            return _json(self.person("bot"))
        if path == "/mypermissions" and not self.cloud:
            [here] = [p for p in self.projects.values() if p.id == query["projectId"]]
            return _json({"permissions": {"BROWSE_PROJECTS": {"havePermission": here.browsable}}})
        if path.startswith("/project"):
            return self._project(path, query)
        if path.startswith("/issue/") or path.startswith("/search"):
            return self._issue(path, query)
        if self.cloud and (at := re.fullmatch(r"/attachment/content/(\d+)", path)):
            return self._content(at[1])
        if self.cloud and path == "/issuesecurityschemes/level/member":
            held = self.levels.get(query["levelId"], [])
            level = {"issueSecurityLevelId": query["levelId"], "issueSecuritySchemeId": "9"}
            return self._listing([level | {"holder": self._holder(h)} for h in held], query)
        return self._directory(path, query)

    def _directory(self, path: str, query: dict[str, str]) -> Reply:
        if path == "/user":
            if self.cloud:
                name = query["accountId"]
                return _json(self.person(name)) if name in self.users else EMPTY
            named = query.get("username") or self.keys.get(query["key"], query["key"])
            known = named in self.users and self.person(named)
            sound = known and query.get("key", known["key"]) == known["key"]
            return _json(known) if sound else EMPTY
        name = query.get("groupId", "").removeprefix("g-") or query.get("groupname", "")
        if path == "/group/bulk" and self.cloud and name in self.groups:
            return _json({"values": [self.group(name)], "isLast": True})
        if path == "/group/member" and name in self.groups:
            return self._listing([self.person(member) for member in self.groups[name]], query)
        if at := re.fullmatch(r"/applicationrole/([^/]+)", path):
            if (groups := self.applications.get(at[1])) is None:
                return EMPTY
            details = {"groupDetails": [self.group(name) for name in groups]} if self.cloud else {}
            return _json({"key": at[1], "groups": groups} | details)
        return EMPTY

    def _project(self, path: str, query: dict[str, str]) -> Reply:
        if path == "/project/search" and self.cloud:
            live = [p for p in self.projects.values() if not p.archived]
            shown = [p for p in live if p.browsable or query.get("action") != "browse"]
            return self._listing([self._about(project) for project in shown], query)
        if path == "/project" and not self.cloud:
            return _json([self._about(p) for p in self.projects.values()])
        at = re.fullmatch(r"/project/(\d+)(/[^/]+|)(/\d+|)", path)
        found = [p for p in self.projects.values() if at and p.id == at[1]]
        if not at or not found:
            return EMPTY
        project = found[0]
        if not at[2]:
            return _json(self._about(project))
        if at[2] == "/permissionscheme" and query["expand"] == "permissions":
            held = [("BROWSE_PROJECTS", h) for h in project.browse]
            held.append(("EDIT_ISSUES", ("user", "writer")))
            grants = [{"permission": p, "holder": self._holder(h)} for p, h in held]
            return _json({"id": 1, "permissions": grants})
        if at[2] == "/issuesecuritylevelscheme":
            return _json({"id": 9}) if project.scheme else EMPTY
        if at[2] == "/securitylevel":
            known = [{"id": id} for id in self.levels if id not in self.hidden_levels]
            return _json({"levels": known})
        role = at[3].removeprefix("/")
        if at[2] != "/role" or role not in self.roles:
            return EMPTY
        return _json({"id": int(role), "actors": [self._actor(h) for h in self.roles[role]]})

    def _issue(self, path: str, query: dict[str, str]) -> Reply:
        if path == ("/search/jql" if self.cloud else "/search"):
            at = re.fullmatch(r'project = "([\w-]+)" ORDER BY key ASC', query["jql"])
            assert at
            if not self.projects[at[1]].browsable:
                return 400, {}, b"{}"
            found = [i for i in self.issues.values() if i.project == at[1]]
            said = [self._said(issue, query["fields"]) for issue in found]
            return self._searched(said, query)
        at = re.fullmatch(r"/issue/(\d+)(/comment|)", path)
        issue = self.issues.get(at[1]) if at else None
        if at is None or issue is None:
            return EMPTY
        if at[2]:
            assert query["expand"] == "properties"
            said = [self._comment(comment) for comment in issue.comments]
            return self._listing(said, query, "comments")
        return _json(self._said(issue, query["fields"]))

    def _searched(self, found: list[Any], query: dict[str, str]) -> Reply:
        if not self.cloud:
            return self._listing(found, query, "issues")
        at = int(query.get("nextPageToken", "t0").removeprefix("t"))
        end = at + self.per_page
        token = {"nextPageToken": f"t{end}"} if end < len(found) else {}
        return _json({"issues": found[at:end], "isLast": not token} | token)

    def _listing(self, found: list[Any], query: dict[str, str], part: str = "values") -> Reply:
        at = int(query.get("startAt", "0"))
        said: dict[str, Any] = {part: found[at : at + self.per_page]}
        said |= {"startAt": at, "maxResults": self.per_page, "total": len(found)}
        if part == "values":
            said["isLast"] = at + self.per_page >= len(found)
        return _json(said)

    def _about(self, project: Project) -> dict[str, Any]:
        said = {"id": project.id, "key": project.key, "lead": self.person(project.lead)}
        said["projectTypeKey"] = project.kind
        return said | ({"archived": True} if project.archived else {})

    def _holder(self, held: Held) -> dict[str, Any]:
        kind, name = held
        if not name:
            return {"type": kind}
        value = f"g-{name}" if kind == "group" else name
        return {"type": kind, "parameter": name} | ({"value": value} if self.cloud else {})

    def _actor(self, held: Held) -> dict[str, Any]:
        kind, name = held
        said = {"type": f"atlassian-{kind}-role-actor", "displayName": name}
        if not self.cloud:
            return said | {"name": name}
        if kind == "user":
            return said | {"actorUser": {"accountId": name}}
        return said | {"actorGroup": self.group(name)}

    def _said(self, issue: Issue, wanted: str) -> dict[str, Any]:
        project = self.projects[issue.project]
        text: Any = issue.text
        if self.cloud and text is not None:
            text = adf(text)
        fields: dict[str, Any] = {
            "summary": issue.title,
            "updated": issue.updated,
            "project": {"id": issue.at or project.id, "key": project.key},
            "security": {"id": issue.level, "name": "Secret"} if issue.level else None,
            "issuerestriction": {"issuerestrictions": {}, "shouldDisplay": False},
            "description": text,
            "attachment": [self._file(file) for file in issue.files],
            "reporter": None,
            "assignee": None,
        } | issue.fields
        absent = {name for name, value in issue.fields.items() if value is None}
        shown = {name: fields[name] for name in set(wanted.split(",")) & set(fields) - absent}
        return {"id": issue.id, "key": f"{issue.project}-{issue.id}", "fields": shown}

    def _comment(self, comment: dict[str, Any]) -> dict[str, Any]:
        body = adf(comment["text"]) if self.cloud else comment["text"]
        said = {
            "id": "1",
            "author": self.person(comment["author"]),
            "created": "2026-11-02",
            "body": body,
        }
        if comment["visibility"] is not None:
            said["visibility"] = comment["visibility"]
        if comment["internal"] is not None:
            kept = {"key": "sd.public.comment", "value": {"internal": comment["internal"]}}
            said["properties"] = [kept]
        shown = self.cloud and comment["jsdPublic"] is not None
        return said | ({"jsdPublic": comment["jsdPublic"]} if shown else {})

    def _file(self, file: dict[str, Any]) -> dict[str, Any]:
        size = len(file["content"]) if file["size"] is None else file["size"]
        elsewhere = {"content": "https://elsewhere.example/file"}
        return {k: v for k, v in file.items() if k != "content"} | {"size": size} | elsewhere

    def _content(self, id: str) -> Reply:
        if self.media:
            return 303, {"Location": self.media}, b""
        for issue in self.issues.values():
            for file in issue.files:
                if file["id"] == id:
                    return 200, {}, file["content"]
        return EMPTY


def adf(text: str) -> dict[str, Any]:
    inside = [{"type": "text", "text": text}]
    return {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": inside}]}


def _json(said: Any) -> Reply:
    return 200, {"Content-Type": "application/json"}, json.dumps(said).encode()


@contextmanager
def serving(cloud: bool) -> Iterator[TrackerSite]:
    def respond(asked: Asked) -> stub_api.Reply:
        site.asked.append((asked.target, dict(asked.headers)))
        status, said, body = site.answer(asked.path, asked.said, dict(asked.headers))
        return stub_api.Reply(body, status, said)

    with listening(respond) as port:
        site = TrackerSite(cloud, f"http://127.0.0.1:{port}")
        yield site
