"""Jira in Atlassian's cloud: version 3 of its REST API."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ingestion.sources.atlassian.adf import as_html
from ingestion.sources.atlassian.door import Door, Refused
from ingestion.sources.atlassian.paging import continued, numbered
from ingestion.sources.atlassian.readers import Audience, Name
from ingestion.sources.atlassian.said import numeric_id, text
from ingestion.sources.atlassian.tracker import (
    Holder,
    Project,
    holder_of,
    holders,
    is_live,
    person,
    project_of,
)

_LIMIT = 100
_GROUP_LIMIT = 50


@dataclass(frozen=True)
class JiraCloud:
    """See Tracker. Users and groups are known by their ids."""

    door: Door
    api = "/rest/api/3"
    user_keys = ("accountId",)

    def projects(self) -> list[Project]:
        path, about = f"{self.api}/project/search", {"expand": "lead", "status": "live"}
        # an administrator is told of others too, and a search in one of those is refused
        found = numbered(self.door, path, "values", action="browse", maxResults=50, **about)
        return [project_of(self, said) for said in found if is_live(said)]

    def project(self, id: str) -> Project:
        return project_of(self, self.door.json(f"{self.api}/project/{id}"))

    def role(self, project: str, id: str) -> Audience:
        found, unknown = set[Name](), set[str]()
        for actor in self.door.json(f"{self.api}/project/{project}/role/{id}").get("actors", []):
            if actor["type"] == "atlassian-user-role-actor":
                found.add(person(self, actor["actorUser"]))
            elif actor["type"] == "atlassian-group-role-actor":
                found.add(self.group_of(actor["actorGroup"]))
            else:
                unknown.add("member of a project role")
        return Audience(frozenset(found), frozenset(unknown))

    def application(self, key: str) -> Audience:
        said = self.door.json(f"{self.api}/applicationrole/{key}")
        return Audience(frozenset(self.group_of(group) for group in said["groupDetails"]))

    def holder(self, said: Any) -> Holder:
        # the name of a group is nothing that stays
        id = said.get("value") if said["type"] == "group" else said.get("parameter")
        return holder_of(said, id)

    def level(self, id: str) -> list[Holder]:
        path = f"{self.api}/issuesecurityschemes/level/member"
        found = list(numbered(self.door, path, "values", levelId=id, maxResults=_LIMIT))
        # it may have no members, or be one that the API does not tell
        if not found or any(numeric_id(said["issueSecurityLevelId"]) != id for said in found):
            raise Refused(404)
        return holders(self, (said["holder"] for said in found))

    def issues(self, project: Project, fields: Iterable[str]) -> Iterator[Any]:
        return continued(
            self.door,
            f"{self.api}/search/jql",
            "issues",
            jql=f'project = "{project.key}" ORDER BY key ASC',
            fields=",".join(fields),
            maxResults=_LIMIT,
        )

    def download(self, id: str, name: str) -> str:
        return f"{self.api}/attachment/content/{id}"

    def html(self, said: Any) -> str:
        return as_html(said)

    def group_of(self, said: Mapping[str, Any]) -> Name:
        if not (id := text(said["groupId"])):
            raise ValueError
        return Name("group", id)

    def user(self, id: str) -> str:
        said = self.door.json(f"{self.api}/user", accountId=id)
        if said["accountId"] != id:
            raise ValueError
        return text(said.get("emailAddress") or id)

    def group(self, id: str) -> str:
        [said] = self.door.json(f"{self.api}/group/bulk", groupId=id)["values"]
        if said["groupId"] != id:
            raise ValueError
        return text(said["name"])

    def members(self, id: str) -> Iterator[str]:
        path = f"{self.api}/group/member"
        for said in numbered(self.door, path, "values", groupId=id, maxResults=_GROUP_LIMIT):
            yield person(self, said).id
