"""What both kinds of Jira have, in one form; and what they say, taken for hostile."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from app.catalog.atlassian_config import PROJECT_KEY
from ingestion.sources.atlassian.door import Door, Refused, Unanswered, wrong_secret
from ingestion.sources.atlassian.readers import Audience, Directory, Name, Readers
from ingestion.sources.atlassian.said import STRANGE, matched, numeric_id, text

FIELDS = ("summary", "updated", "project", "security", "issuerestriction", "attachment")
_PERSONS = ("reporter", "assignee")
BY_FIELD = (*_PERSONS, "userCustomField", "groupCustomField")
"""Kinds of holders whom fields of an issue name."""
_ISSUE_KEY = re.compile(r"[A-Za-z0-9_-]{1,255}-[0-9]{1,20}")
_PROJECT_KEY = re.compile(PROJECT_KEY)
_APPLICATION = re.compile(r"[A-Za-z0-9._-]{1,255}")
_FIELD = re.compile(r"customfield_[0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class Project:
    """`desk` says that it may be a service desk, of which customers do not see all comments."""

    id: str
    key: str
    lead: Name | None
    desk: bool


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a permission or a security level names: the `kind` as Jira calls it, and which one."""

    kind: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Attached:
    """`download` is the path of its content below the site's address."""

    id: str
    title: str
    mime_type: str
    size: int
    version: str
    download: str


@dataclass(frozen=True, slots=True)
class Issue:
    """`level` is the id of its security level, None where it has none. `closed` says that it is
    restricted in a way that is not known. `updated` is no promise of its content: who deletes or
    restricts a comment need not change it. `fields` are of those that were asked for."""

    id: str
    key: str
    project: str
    title: str
    updated: str
    level: str | None
    closed: bool
    attachments: tuple[Attached, ...]
    fields: Mapping[str, Any] = field(compare=False)


class Tracker(Directory, Protocol):
    """Methods that ask raise Refused where the token may not see it or it is not there,
    SourceUnreadable, and what reading a strange answer raises: see STRANGE."""

    @property
    def door(self) -> Door: ...
    @property
    def api(self) -> str:
        """Where the REST API is below the site's address."""

    @property
    def user_keys(self) -> tuple[str, ...]:
        """What a user has, and a group has not all of; the first is its id."""

    def projects(self) -> list[Project]: ...
    def project(self, id: str) -> Project: ...
    def role(self, project: str, id: str) -> Audience:
        """The actors of a project role."""

    def application(self, key: str) -> Audience:
        """Whose an application is."""

    def holder(self, said: Any) -> Holder:
        """Raises what reading a strange answer raises."""

    def level(self, id: str) -> list[Holder]:
        """The members of a security level."""

    def issues(self, project: Project, fields: Iterable[str]) -> Iterator[Any]:
        """As Jira says them."""

    def download(self, id: str, name: str) -> str: ...
    def html(self, said: Any) -> str:
        """Of a description, or of what a comment says."""

    def group_of(self, said: Mapping[str, Any]) -> Name:
        """The group that a custom field has."""


def signed_in(tracker: Tracker) -> None:
    """Raises SourceUnreadable where the site takes us for nobody: then it shows what anybody may
    see, as if there were no more."""
    try:
        known = tracker.door.json(f"{tracker.api}/myself").get(tracker.user_keys[0])
    except Refused:
        known = None
    if not known:
        raise wrong_secret()


def browse(tracker: Tracker, project: Project) -> list[Holder]:
    """Who may read the issues of a project, but for security levels."""
    path = f"{tracker.api}/project/{project.id}/permissionscheme"
    said = tracker.door.json(path, expand="permissions")["permissions"]
    return holders(
        tracker, (grant["holder"] for grant in said if grant["permission"] == "BROWSE_PROJECTS")
    )


def holders(tracker: Tracker, said: Iterable[Any]) -> list[Holder]:
    """What cannot be understood is a holder of no kind."""
    found = list[Holder]()
    for one in said:
        try:
            found.append(tracker.holder(one))
        except STRANGE:
            found.append(Holder(""))
    return found


def has_levels(tracker: Tracker, project: Project) -> bool:
    """Whether issues of a project may have a security level, as far as anybody knows."""
    try:
        tracker.door.json(f"{tracker.api}/project/{project.id}/issuesecuritylevelscheme")
    except Refused as refusal:
        return refusal.status != 404
    except Unanswered:
        pass
    return True


def level_ids(tracker: Tracker, project: Project) -> list[str]:
    """Those of a project that the token may know of."""
    try:
        said = tracker.door.json(f"{tracker.api}/project/{project.id}/securitylevel")
    except Refused:
        return []
    return [numeric_id(level["id"]) for level in said["levels"]]


def parsed(tracker: Tracker, said: Any, levels: bool) -> Issue:
    """An issue as Jira says it. A level that the answer lacks, though the project has `levels`, is
    one that nobody knows: the site may hide the field."""
    fields = said["fields"]
    level, restricted = fields.get("security"), fields.get("issuerestriction") or {}
    hidden = levels and "security" not in fields
    files = fields.get("attachment") or []
    return Issue(
        id=numeric_id(said["id"]),
        key=matched(_ISSUE_KEY, said["key"]),
        project=numeric_id(fields["project"]["id"]),
        title=text(fields["summary"]),
        updated=text(fields["updated"]),
        level=None if level is None else numeric_id(level["id"]),
        closed=hidden or bool(restricted.get("issuerestrictions")),
        attachments=tuple(_attached(tracker, file) for file in files),
        fields=fields,
    )


def person(tracker: Tracker, said: Mapping[str, Any]) -> Name:
    """A user that Jira says whole."""
    id, *_ = [_named(said[key]) for key in tracker.user_keys]
    return Name("user", id)


def named(tracker: Tracker, holder: Holder, issue: Issue) -> Readers:
    """Whom a field of an issue names: nobody where Jira does not show it. Raises what reading a
    strange answer raises."""
    said = issue.fields.get(holder.id)
    values = said if isinstance(said, list) else [] if said is None else [said]
    if holder.kind == "groupCustomField":
        return frozenset(tracker.group_of(value) for value in values)
    return frozenset(person(tracker, value) for value in values)


def is_live(said: Any) -> bool:
    """Whether a project is neither archived nor in the bin."""
    return not (said.get("archived") or said.get("deleted"))


def project_of(tracker: Tracker, said: Any) -> Project:
    """Raises Refused for one that is not live."""
    if not is_live(said):
        raise Refused(404)
    try:
        lead = person(tracker, said["lead"])
    except STRANGE:
        lead = None
    desk = said.get("projectTypeKey") not in ("software", "business")
    return Project(numeric_id(said["id"]), matched(_PROJECT_KEY, said["key"]), lead, desk)


def holder_of(said: Mapping[str, Any], id: Any) -> Holder:
    """`id` is where this kind of Jira has it. Ids that go into addresses are checked."""
    kind = text(said["type"])
    if kind == "projectRole":
        return Holder(kind, numeric_id(id))
    if kind in ("userCustomField", "groupCustomField"):
        return Holder(kind, matched(_FIELD, id))
    if kind == "applicationRole":
        return Holder(kind, matched(_APPLICATION, id) if id else "")
    if kind in ("user", "group"):
        return Holder(kind, _named(id))
    return Holder(kind, kind if kind in _PERSONS else "")


def _named(said: Any) -> str:
    if not text(said):
        raise ValueError
    return str(said)


def _attached(tracker: Tracker, said: Any) -> Attached:
    id, name, size = numeric_id(said["id"]), text(said["filename"]), int(said["size"])
    return Attached(
        id=id,
        title=name,
        mime_type=text(said.get("mimeType") or ""),
        size=size,
        # a file is never replaced, only deleted
        version=f"{size} {text(said['created'])}",
        download=tracker.download(id, name),
    )
