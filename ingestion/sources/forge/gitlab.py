"""Projects on GitLab as a source: their issues and merge requests, read by members."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from app.domain.acl import Acl
from ingestion.formats import MARKDOWN
from ingestion.problem import DocumentProblem
from ingestion.sources import Listed, Scan, SourceUnreadable, Standing
from ingestion.sources.api import SCAN_PATIENCE, VERIFY_PATIENCE, entered
from ingestion.sources.forge.client import Client, Denied
from ingestion.sources.forge.conversation import Conversation, Spool
from ingestion.sources.forge.gitlab_readers import ISSUES, MERGE_REQUESTS, Readers, levels

if TYPE_CHECKING:
    from ingestion.connect import Access

ENDPOINT = "https://gitlab.com/api/v4"
_PAGE = 20
"""A text may have a million letters."""
_KINDS = {ISSUES: "Issue", MERGE_REQUESTS: "Merge request"}
_ALL = {"scope": "all", "state": "all", "order_by": "created_at", "sort": "asc"}
_NAME = re.compile(rf"(.+)/-/({ISSUES}|{MERGE_REQUESTS})/([1-9][0-9]{{0,14}})")


@dataclass(frozen=True)
class GitLab:
    """Reads `config.projects`. A container is the issues or the merge requests of one, an external
    id its path in lower case as GitLab's links have it."""

    config: Mapping[str, Any]
    access: Access

    def scan(self) -> Scan:
        scan, spool = Scan({}, (), {}), Spool()
        documents: list[Listed] = []
        with self._client(SCAN_PATIENCE) as client:
            for path, written in self._projects().items():
                try:
                    project = _project(client, written)
                except Denied as denied:
                    # what is indexed of it would be deleted
                    raise SourceUnreadable(
                        f"GitLab shows no project {path} ({denied}); let the token see it, or take"
                        " it out of config.projects where it is gone or was moved"
                    ) from None
                readers, problem = self._readers(client, project)
                if problem is not None:
                    scan.problems[path] = problem
                for kind in _KINDS:
                    scan.containers[f"{path}/-/{kind}"] = readers.acl(kind)
                    if readers.has(kind):
                        documents += self._documents(client, path, kind, readers, spool, scan)
        return Scan(scan.containers, tuple(documents), scan.problems)

    def verify(self, external_id: str) -> Standing | None:
        found = _NAME.fullmatch(external_id)
        if found is None or found[1] not in self._projects():
            return None
        path, kind, number = found.groups()
        with self._client(VERIFY_PATIENCE) as client:
            try:
                project = _project(client, self._projects()[path])
                entry = client.one(f"projects/{project['id']}/{kind}/{number}")
                readers, _ = self._readers(client, project)
            except Denied:
                return None
        same = entry.get("iid") == int(number) and entry.get("project_id") == project["id"]
        if not same or not readers.has(kind) or _is_hidden(entry):
            return None
        own, _ = _own_acl(kind, entry, readers)
        return Standing(f"{path}/-/{kind}", readers.acl(kind), own)

    @contextmanager
    def _client(self, patience: float) -> Iterator[Client]:
        with entered("gitlab", self.config, self.access, ENDPOINT, patience) as api:
            yield Client("GitLab", api, _PAGE)

    def _projects(self) -> dict[str, str]:
        """As they are written, by their paths in lower case."""
        return {path.lower(): path for path in self.config["projects"]}

    def _readers(
        self, client: Client, project: Mapping[str, Any]
    ) -> tuple[Readers, DocumentProblem | None]:
        try:
            found, problem = levels(client.every(f"projects/{project['id']}/members/all"))
        except Denied as denied:
            found, problem = (
                {},
                DocumentProblem(
                    "acl",
                    f"none of its members may read it: GitLab does not say who they are ({denied})",
                    "give the token of a member of the project",
                ),
            )
        return Readers(project, self.config, found), problem

    def _documents(
        self, client: Client, path: str, kind: str, readers: Readers, spool: Spool, scan: Scan
    ) -> list[Listed]:
        found = dict[str, Listed]()
        at = f"projects/{readers.project['id']}/{kind}"
        try:
            for entry in client.every(at, **_ALL):
                number = entry.get("iid")
                if not isinstance(number, int) or isinstance(number, bool) or number < 1:
                    raise SourceUnreadable("GitLab lists an issue that is none; look at it")
                if _is_hidden(entry):
                    continue
                name, label = f"{path}/-/{kind}/{number}", f"{_KINDS[kind]} {number}"
                talk = Conversation.begin(
                    entry, label, _username(entry), entry.get("description"), spool
                )
                acl, problem = _own_acl(kind, entry, readers)
                if problem is not None:
                    scan.problems[name] = problem
                found[name] = self._listed(name, f"{at}/{number}", entry, acl, talk)
        except Denied as denied:
            # what is indexed of it would be deleted
            raise SourceUnreadable(
                f"GitLab does not list the {kind.replace('_', ' ')} of {path} ({denied}); give a"
                " token that may read them"
            ) from None
        return list(found.values())

    def _listed(
        self, name: str, at: str, entry: Mapping[str, Any], acl: Acl | None, talk: Conversation
    ) -> Listed:
        comments = entry.get("user_notes_count")
        silent = isinstance(comments, int) and not isinstance(comments, bool) and comments == 0
        closed = entry.get("confidential")
        limit = self.access.max_bytes
        home = str(self.config.get("endpoint") or ENDPOINT).rstrip("/").removesuffix("/api/v4")
        return Listed(
            external_id=name,
            title=talk.title or name,
            uri=f"{home}/{name}",
            container=name.rpartition("/")[0],
            acl=acl,
            classification=None,
            withheld=False,
            read=lambda: talk.read(limit) if silent else self._read(at, talk, closed),
            version=talk.version if silent else "",
            mime_type=MARKDOWN,
        )

    def _read(self, at: str, talk: Conversation, closed: Any) -> bytes:
        """What was listed, with what is said on it."""
        talk, limit = replace(talk, said={}), self.access.max_bytes
        try:
            with self._client(SCAN_PATIENCE) as client:
                for note in client.every(f"{at}/notes", order_by="created_at", sort="asc"):
                    if _is_said_to_all(note):
                        place = note.get("position")
                        file = place.get("new_path") if isinstance(place, dict) else None
                        talk.add("notes", note, _username(note), file)
                    if talk.size > limit:
                        break
                # what was said since may be for fewer
                as_listed = client.one(at).get("confidential") is closed
        except (Denied, SourceUnreadable) as error:
            raise DocumentProblem(
                "read", f"its comments cannot be read: {error}", "sync again"
            ) from None
        if not as_listed:
            raise DocumentProblem(
                "read", "it became confidential, or ceased to be, meanwhile", "sync again"
            )
        return talk.read(limit)


def _project(client: Client, path: str) -> dict[str, Any]:
    """Raises Denied where there is none at this path."""
    project = client.one(f"projects/{quote(path, safe='')}")
    if str(project.get("path_with_namespace")).lower() != path.lower():
        raise Denied(301)
    if not isinstance(project.get("id"), int):
        raise SourceUnreadable("GitLab shows a project that is none; look at it")
    return project


def _own_acl(
    kind: str, entry: Mapping[str, Any], readers: Readers
) -> tuple[Acl | None, DocumentProblem | None]:
    if kind != ISSUES or entry.get("confidential") is False:
        return None, None
    if entry.get("confidential") is True:
        return readers.confidential(entry), None
    return Acl(), DocumentProblem(
        "acl", "GitLab does not say whether it is confidential", "look at it, and sync again"
    )


def _is_hidden(entry: Mapping[str, Any]) -> bool:
    """Whether GitLab keeps it from all but administrators."""
    author = entry.get("author")
    return isinstance(author, dict) and author.get("state") == "banned"


def _is_said_to_all(note: Mapping[str, Any]) -> bool:
    """Whether it is a comment, and certainly no internal note."""
    flags = [note[key] for key in ("internal", "confidential") if key in note]
    is_open = bool(flags) and all(flag is None or flag is False for flag in flags)
    return is_open and note.get("system") is False


def _username(said: Mapping[str, Any]) -> Any:
    """Of who wrote it."""
    author = said.get("author")
    return author.get("username") if isinstance(author, dict) else None
