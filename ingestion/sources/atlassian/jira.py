"""A Jira as a source: its projects are containers, its issues and what is attached to them
documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.domain.acl import Acl
from ingestion.formats import HTML, mime_type
from ingestion.problem import DocumentProblem
from ingestion.sources import Listed, Scan, SourceUnreadable, Standing
from ingestion.sources.atlassian.browsing import Browsing
from ingestion.sources.atlassian.door import Refused, Unanswered
from ingestion.sources.atlassian.issue_text import html
from ingestion.sources.atlassian.jira_cloud import JiraCloud
from ingestion.sources.atlassian.jira_data_center import JiraDataCenter
from ingestion.sources.atlassian.people import People
from ingestion.sources.atlassian.said import STRANGE, numeric_id
from ingestion.sources.atlassian.site import attached, document, entered, too_large
from ingestion.sources.atlassian.tracker import (
    Attached,
    Issue,
    Project,
    Tracker,
    parsed,
    signed_in,
)

if TYPE_CHECKING:
    from ingestion.connect import Access


@dataclass(frozen=True)
class Jira:
    """Reads `config["projects"]`, or all, of the site at `config["url"]`."""

    config: Mapping[str, Any]
    access: Access

    def scan(self) -> Scan:
        tracker, scan = self._tracker(), Scan({}, (), {})
        try:
            signed_in(tracker)
            documents: list[Listed] = []
            people = self._people(tracker)
            for project in self._projects(tracker):
                documents += self._project(Browsing(project, tracker, people, scan))
            # a token that ended meanwhile was shown less and less
            signed_in(tracker)
        except Refused as refusal:
            raise SourceUnreadable(
                f"a listing was refused ({refusal.status}); let the source's token read its"
                " projects"
            ) from None
        except STRANGE:
            raise SourceUnreadable("the site's answers make no sense; look at it") from None
        if len({listed.external_id for listed in documents}) != len(documents):
            raise _moved()
        return Scan(scan.containers, tuple(documents), scan.problems)

    def verify(self, external_id: str) -> Standing | None:
        kind, _, rest = external_id.partition("/")
        id, _, file = rest.partition("/")
        if kind not in ("issue", "attachment") or (kind == "attachment") != bool(file):
            return None
        tracker, scan = self._tracker(), Scan({}, (), {})
        try:
            signed_in(tracker)
            path = f"{tracker.api}/issue/{numeric_id(id)}"
            first = tracker.door.json(path, fields="project,security")["fields"]
            project = tracker.project(numeric_id(first["project"]["id"]))
            browsing = Browsing(project, tracker, self._people(tracker), scan)
            if not self._wanted(project) or not browsing.open():
                return None
            level = first.get("security")
            fields = browsing.fields([] if level is None else [numeric_id(level["id"])])
            said = tracker.door.json(path, fields=",".join(fields))
            issue = parsed(tracker, said, browsing.levels)
            if (issue.id, issue.project) != (id, project.id):
                return None
            if file and file not in {attachment.id for attachment in issue.attachments}:
                return None
            container, own = browsing.place(external_id, issue)
        except (Refused, *STRANGE):
            return None
        acl = scan.containers[container] if own is None else own
        if not acl.allow and scan.problems:
            return None
        return Standing(container, scan.containers[container], own)

    def _tracker(self) -> Tracker:
        door = entered(self.config, self.access)
        cloud = self.config.get("deployment") == "cloud"
        return JiraCloud(door) if cloud else JiraDataCenter(door)

    def _people(self, tracker: Tracker) -> People:
        return People(
            tracker,
            self.config.get("public_links") == "everyone",
            self.config.get("all_users") == "everyone",
        )

    def _wanted(self, project: Project) -> bool:
        projects = self.config.get("projects")
        return not projects or project.key in projects

    def _projects(self, tracker: Tracker) -> list[Project]:
        found = {each.key: each for each in tracker.projects() if self._wanted(each)}
        if missing := sorted(set(self.config.get("projects") or ()) - set(found)):
            raise SourceUnreadable(
                f"the project {missing[0]} is not there for the source's token, so nothing was"
                " changed; let it see the project, or take it out of config.projects"
            )
        return list(found.values())

    def _project(self, browsing: Browsing) -> list[Listed]:
        tracker, project, found = browsing.tracker, browsing.project, list[Listed]()
        browsing.open()
        for said in tracker.issues(project, browsing.fields(browsing.known_levels())):
            issue = parsed(tracker, said, browsing.levels)
            if issue.project != project.id:
                raise _moved()
            found += self._issue(browsing, issue)
        return found

    def _issue(self, browsing: Browsing, issue: Issue) -> list[Listed]:
        tracker, id = browsing.tracker, f"issue/{issue.id}"
        container, acl = browsing.place(id, issue)

        def read() -> bytes:
            try:
                content = html(tracker, issue, browsing.levels, browsing.project.desk)
            except (Refused, Unanswered, *STRANGE):
                raise DocumentProblem("read", "its text cannot be read", "sync again") from None
            if content is None:
                raise DocumentProblem("read", "it was changed meanwhile", "sync again")
            if len(content) > self.access.max_bytes:
                raise too_large(len(content), self.access.max_bytes)
            return content

        uri = f"{tracker.door.base}/browse/{issue.key}"
        # no version: a comment may be deleted or restricted without a new date of the issue
        found = [document(id, issue.title, uri, container, read, "", HTML, acl)]
        for file in issue.attachments:
            try:
                type_of = mime_type(file.title, file.mime_type)
            except DocumentProblem:
                continue
            found.append(self._file(tracker, issue, file, container, acl, type_of))
        return found

    def _file(
        self,
        tracker: Tracker,
        issue: Issue,
        file: Attached,
        container: str,
        acl: Acl | None,
        type_of: str,
    ) -> Listed:
        def read() -> bytes:
            return attached(tracker.door, file.download, file.size, self.access.max_bytes)

        id, uri = f"attachment/{issue.id}/{file.id}", f"{tracker.door.base}/browse/{issue.key}"
        return document(id, file.title, uri, container, read, file.version, type_of, acl)


def _moved() -> SourceUnreadable:
    return SourceUnreadable(
        "issues were moved while they were listed, so nothing was changed; sync again"
    )
