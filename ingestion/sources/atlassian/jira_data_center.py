"""Jira Data Center, by version 2 of its REST API."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ingestion.sources.atlassian.door import Door, Refused
from ingestion.sources.atlassian.markup import as_html
from ingestion.sources.atlassian.paging import numbered, overlapping
from ingestion.sources.atlassian.readers import Audience, Name
from ingestion.sources.atlassian.said import text
from ingestion.sources.atlassian.tracker import (
    Holder,
    Project,
    holder_of,
    is_live,
    person,
    project_of,
)

_LIMIT = 100
_GROUP_LIMIT = 50


@dataclass(frozen=True)
class JiraDataCenter:
    """See Tracker. Users and groups are known by their names."""

    door: Door
    api = "/rest/api/2"
    user_keys = ("name", "key")

    def projects(self) -> list[Project]:
        found = self.door.json(f"{self.api}/project", expand="lead")
        if not isinstance(found, list):
            raise TypeError
        live = [project_of(self, said) for said in found if is_live(said)]
        # an administrator is told of others too, and a search in one of those is refused
        return [project for project in live if self._browsable(project)]

    def project(self, id: str) -> Project:
        return project_of(self, self.door.json(f"{self.api}/project/{id}"))

    def role(self, project: str, id: str) -> Audience:
        found, unknown = set[Name](), set[str]()
        for actor in self.door.json(f"{self.api}/project/{project}/role/{id}").get("actors", []):
            name = text(actor["name"])
            if actor["type"] == "atlassian-user-role-actor":
                try:
                    found.add(Name("user", self._by_handle(name)))
                except ValueError:
                    unknown.add("member of a project role")
            elif actor["type"] == "atlassian-group-role-actor" and name:
                found.add(Name("group", name))
            else:
                unknown.add("member of a project role")
        return Audience(frozenset(found), frozenset(unknown))

    def application(self, key: str) -> Audience:
        groups = self.door.json(f"{self.api}/applicationrole/{key}")["groups"]
        return Audience(frozenset(Name("group", text(name)) for name in groups if name))

    def holder(self, said: Any) -> Holder:
        id = said.get("parameter")
        return holder_of(said, self._by_handle(text(id)) if said["type"] == "user" else id)

    def level(self, id: str) -> list[Holder]:
        """This API does not tell."""
        raise Refused(404)

    def issues(self, project: Project, fields: Iterable[str]) -> Iterator[Any]:
        return overlapping(
            self.door,
            f"{self.api}/search",
            "issues",
            jql=f'project = "{project.key}" ORDER BY key ASC',
            fields=",".join(fields),
            maxResults=_LIMIT,
        )

    def download(self, id: str, name: str) -> str:
        # it is found by its id, whatever its name
        written = quote(name, safe="", errors="replace") if name.strip(".") else "_"
        return f"/secure/attachment/{id}/{written}"

    def html(self, said: Any) -> str:
        return as_html(said)

    def group_of(self, said: Mapping[str, Any]) -> Name:
        # a user has a name too, and a key besides
        if not (name := text(said["name"])) or "key" in said:
            raise ValueError
        return Name("group", name)

    def user(self, id: str) -> str:
        return id

    def group(self, id: str) -> str:
        return id

    def members(self, id: str) -> Iterator[str]:
        path = f"{self.api}/group/member"
        for said in numbered(self.door, path, "values", groupname=id, maxResults=_GROUP_LIMIT):
            yield person(self, said).id

    def _browsable(self, project: Project) -> bool:
        said = self.door.json(f"{self.api}/mypermissions", projectId=project.id)["permissions"]
        return said["BROWSE_PROJECTS"]["havePermission"] is True

    def _by_handle(self, handle: str) -> str:
        """The name of the user whose name or key that is. Raises ValueError where it is of nobody,
        or the name of one and the key of another."""
        found = set[str]()
        for by, key in (("username", "name"), ("key", "key")):
            try:
                said = self.door.json(f"{self.api}/user", **{by: handle})
            except Refused:
                continue
            if said[key] == handle:
                found.add(text(said["name"]))
        if len(found) != 1:
            raise ValueError
        return found.pop()
