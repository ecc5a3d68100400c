"""Repositories on GitHub as a source: their issues and pull requests, read by collaborators."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from app.domain.acl import Acl
from ingestion.formats import MARKDOWN
from ingestion.problem import DocumentProblem
from ingestion.sources import Listed, Scan, SourceUnreadable, Standing
from ingestion.sources.api import SCAN_PATIENCE, VERIFY_PATIENCE, entered
from ingestion.sources.forge.client import Client, Denied
from ingestion.sources.forge.conversation import Conversation, Spool
from ingestion.sources.forge.github_readers import open_to_all, readers

if TYPE_CHECKING:
    from ingestion.connect import Access

ENDPOINT = "https://api.github.com"
_ALL = {"sort": "created", "direction": "asc"}
_OF = re.compile(r".*/(?:issues|pulls)/([0-9]{1,15})")


@dataclass(frozen=True)
class GitHub:
    """Reads `config.repositories`. A container is `owner/name` in lower case, an external id that,
    `#` and a number."""

    config: Mapping[str, Any]
    access: Access

    def scan(self) -> Scan:
        scan, spool = Scan({}, (), {}), Spool()
        documents: list[Listed] = []
        with self._client(SCAN_PATIENCE) as client:
            for name in self._repositories():
                try:
                    repository = client.one(f"repos/{name}")
                except Denied as denied:
                    # what is indexed of it would be deleted
                    raise SourceUnreadable(
                        f"GitHub shows no repository {name} ({denied}); let the token see it, or"
                        " take it out of config.repositories where it is gone or renamed"
                    ) from None
                acl, problem = self._acl(client, name, repository)
                scan.containers[name] = acl
                if problem is not None:
                    scan.problems[name] = problem
                found = self._conversations(client, name, repository, spool, scan)
                documents += (
                    self._listed(name, number, conversation)
                    for number, conversation in found.items()
                )
        return Scan(scan.containers, tuple(documents), scan.problems)

    def verify(self, external_id: str) -> Standing | None:
        name, _, number = external_id.rpartition("#")
        if name not in self._repositories() or not re.fullmatch(r"[1-9][0-9]{0,14}", number):
            return None
        with self._client(VERIFY_PATIENCE) as client:
            try:
                repository = client.one(f"repos/{name}")
                kind = "pulls" if repository.get("has_issues") is False else "issues"
                issue = client.one(f"repos/{name}/{kind}/{number}")
                if issue.get("number") != int(number) or _is_off(issue, repository):
                    return None
                acl = open_to_all(repository, self.config)
                if acl is None:
                    acl, _ = readers(client.every(f"repos/{name}/collaborators", affiliation="all"))
            except Denied:
                return None
        return Standing(name, acl, None)

    @contextmanager
    def _client(self, patience: float) -> Iterator[Client]:
        with entered("github", self.config, self.access, ENDPOINT, patience) as api:
            yield Client("GitHub", api, 100)

    def _repositories(self) -> list[str]:
        return [name.lower() for name in self.config["repositories"]]

    def _acl(
        self, client: Client, name: str, repository: Mapping[str, Any]
    ) -> tuple[Acl, DocumentProblem | None]:
        acl = open_to_all(repository, self.config)
        if acl is not None:
            return acl, None
        try:
            return readers(client.every(f"repos/{name}/collaborators", affiliation="all"))
        except Denied as denied:
            return Acl(), DocumentProblem(
                "acl",
                f"nobody may read it: GitHub does not say who its collaborators are ({denied})",
                "give the token of an account that may write to the repository",
            )

    def _conversations(
        self,
        client: Client,
        name: str,
        repository: Mapping[str, Any],
        spool: Spool,
        scan: Scan,
    ) -> dict[int, Conversation]:
        """By number, each with its comments."""
        issues = repository.get("has_issues") is not False
        pulls = repository.get("has_pull_requests") is not False
        found: dict[int, Conversation] = {}
        if not issues and not pulls:
            return found
        try:
            # where there are issues, pull requests are listed with them
            listing = client.every(
                f"repos/{name}/{'issues' if issues else 'pulls'}", state="all", **_ALL
            )
            for issue in listing:
                if _is_off(issue, repository):
                    continue
                found[_number(issue)] = _begin(issue, spool)
            if pulls:
                _add_comments(client, name, "pulls", found)
            try:
                _add_comments(client, name, "issues", found)
            except Denied:
                if issues:
                    raise
                scan.problems[f"{name}/comments"] = DocumentProblem(
                    "read",
                    "its issues are switched off, and GitHub does not list what is said on its"
                    " pull requests beside their code, so that is left out",
                    "switch its issues on where that must be found",
                )
        except Denied as denied:
            # what is indexed of it would be deleted
            raise SourceUnreadable(
                f"GitHub does not list the issues of {name} ({denied}); give a token that may read"
                " issues and pull requests"
            ) from None
        return found

    def _listed(self, name: str, number: int, conversation: Conversation) -> Listed:
        return Listed(
            external_id=f"{name}#{number}",
            title=conversation.title or f"{name}#{number}",
            uri=f"{self._home()}/{name}/issues/{number}",
            container=name,
            acl=None,
            classification=None,
            withheld=False,
            read=lambda: conversation.read(self.access.max_bytes),
            version=conversation.version,
            mime_type=MARKDOWN,
        )

    def _home(self) -> str:
        """Where people look at what the API is asked about."""
        parts = urlsplit(str(self.config.get("endpoint") or ENDPOINT))
        path = parts.path.rstrip("/")
        if not path.endswith("/api/v3"):
            return f"{parts.scheme}://{parts.netloc.removeprefix('api.')}"
        return f"{parts.scheme}://{parts.netloc}{path.removesuffix('/api/v3')}"


def _is_pull(issue: Mapping[str, Any]) -> bool:
    """Whether it is a pull request, listed with issues or by itself."""
    return "pull_request" in issue or "head" in issue


def _is_off(issue: Mapping[str, Any], repository: Mapping[str, Any]) -> bool:
    """Whether it is a pull request where those are switched off."""
    return _is_pull(issue) and repository.get("has_pull_requests") is False


def _begin(issue: Mapping[str, Any], spool: Spool) -> Conversation:
    kind = f"{'Pull request' if _is_pull(issue) else 'Issue'} {_number(issue)}"
    return Conversation.begin(issue, kind, _login(issue), issue.get("body"), spool)


def _add_comments(client: Client, name: str, kind: str, found: dict[int, Conversation]) -> None:
    for comment in client.every(f"repos/{name}/{kind}/comments", **_ALL):
        at = comment.get("issue_url") or comment.get("pull_request_url")
        of = _OF.fullmatch(at) if isinstance(at, str) else None
        if of is None:
            raise SourceUnreadable("GitHub lists a comment that is none; look at it")
        if (conversation := found.get(int(of[1]))) is not None:
            conversation.add(kind, comment, _login(comment), comment.get("path"))


def _number(issue: Mapping[str, Any]) -> int:
    number = issue.get("number")
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 10**15:
        raise SourceUnreadable("GitHub lists an issue that is none; look at it")
    return number


def _login(said: Mapping[str, Any]) -> Any:
    """Of who wrote it."""
    user = said.get("user")
    return user.get("login") if isinstance(user, dict) else None
