"""A Confluence as a source: its spaces are containers, its pages and what is attached to them
documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ingestion.formats import HTML, mime_type
from ingestion.problem import DocumentProblem
from ingestion.sources import Listed, Scan, SourceUnreadable, Standing
from ingestion.sources.atlassian.cloud import Cloud
from ingestion.sources.atlassian.data_center import DataCenter
from ingestion.sources.atlassian.door import Refused, Unanswered
from ingestion.sources.atlassian.inheritance import Inheritance
from ingestion.sources.atlassian.people import People
from ingestion.sources.atlassian.said import STRANGE, numeric_id
from ingestion.sources.atlassian.site import attached, document, entered, too_large
from ingestion.sources.atlassian.storage import as_html
from ingestion.sources.atlassian.wiki import (
    Attachment,
    Page,
    Space,
    Wiki,
    attachment_id,
    restriction,
    signed_in,
)

if TYPE_CHECKING:
    from ingestion.connect import Access


@dataclass(frozen=True)
class Confluence:
    """Reads `config["spaces"]`, or all, of the site at `config["url"]`."""

    config: Mapping[str, Any]
    access: Access

    def scan(self) -> Scan:
        wiki, scan = self._wiki(), Scan({}, (), {})
        try:
            signed_in(wiki.door)
            documents: list[Listed] = []
            people = self._people(wiki)
            for space in self._spaces(wiki):
                documents += self._space(wiki, people, space, scan)
            # a token that ended meanwhile was shown less and less
            signed_in(wiki.door)
        except Refused as refusal:
            raise SourceUnreadable(
                f"a listing was refused ({refusal.status}); let the source's token read its spaces"
            ) from None
        except STRANGE:
            raise SourceUnreadable("the site's answers make no sense; look at it") from None
        return Scan(scan.containers, tuple(documents), scan.problems)

    def verify(self, external_id: str) -> Standing | None:
        kind, _, id = external_id.partition("/")
        wiki, scan = self._wiki(), Scan({}, (), {})
        try:
            signed_in(wiki.door)
            if kind == "attachment":
                id = wiki.attachment(attachment_id(id)).page
            elif kind != "page":
                return None
            page, space = wiki.page(numeric_id(id))
            inheritance = _inheritance(wiki, self._people(wiki), space, scan)
            if not self._wanted(space) or not inheritance.open():
                return None
            container = inheritance.container(page)
        except (Refused, *STRANGE):
            return None
        acl = scan.containers[container]
        return Standing(container, acl, None) if acl.allow or not scan.problems else None

    def _wiki(self) -> Wiki:
        door = entered(self.config, self.access)
        return Cloud(door) if self.config.get("deployment") == "cloud" else DataCenter(door)

    def _wanted(self, space: Space) -> bool:
        spaces = self.config.get("spaces")
        return not spaces or space.key in spaces

    def _spaces(self, wiki: Wiki) -> list[Space]:
        found = {space.key: space for space in wiki.spaces() if self._wanted(space)}
        if missing := sorted(set(self.config.get("spaces") or ()) - set(found)):
            raise SourceUnreadable(
                f"the space {missing[0]} is not there for the source's token, so nothing was"
                " changed; let it see the space, or take it out of config.spaces"
            )
        return list(found.values())

    def _people(self, wiki: Wiki) -> People:
        return People(
            wiki,
            self.config.get("public_links") == "everyone",
            self.config.get("all_users") == "everyone",
        )

    def _space(self, wiki: Wiki, people: People, space: Space, scan: Scan) -> list[Listed]:
        inheritance, found = _inheritance(wiki, people, space, scan), list[Listed]()
        inheritance.open()
        for page in wiki.pages(space):
            container = inheritance.container(page)
            try:
                attachments = wiki.attachments(page.id)
            except Refused:
                if not _is_gone(wiki, page):
                    raise
                continue
            found.append(self._page(wiki, page, container))
            for attachment in attachments:
                try:
                    type_of = mime_type(attachment.title, attachment.mime_type)
                except DocumentProblem:
                    continue
                found.append(self._attachment(wiki, attachment, container, type_of))
        return found

    def _page(self, wiki: Wiki, page: Page, container: str) -> Listed:
        def read() -> bytes:
            try:
                version, stored = wiki.body(page.id)
            except (Refused, Unanswered, *STRANGE):
                raise DocumentProblem("read", "its text cannot be read", "sync again") from None
            if version != page.version:
                raise DocumentProblem("read", "it was changed meanwhile", "sync again")
            content = as_html(page.title, stored)
            if len(content) > self.access.max_bytes:
                raise too_large(len(content), self.access.max_bytes)
            return content

        uri = f"{wiki.door.base}{page.link}" if page.link else ""
        return document(f"page/{page.id}", page.title, uri, container, read, page.version, HTML)

    def _attachment(
        self, wiki: Wiki, attachment: Attachment, container: str, type_of: str
    ) -> Listed:
        def read() -> bytes:
            if not attachment.download:
                raise DocumentProblem("read", "its name leads elsewhere", "give it another name")
            limit = self.access.max_bytes
            return attached(wiki.door, attachment.download, attachment.size, limit)

        uri = f"{wiki.door.base}{attachment.link}" if attachment.link else ""
        id = f"attachment/{attachment.id}"
        return document(id, attachment.title, uri, container, read, attachment.version, type_of)


def _is_gone(wiki: Wiki, page: Page) -> bool:
    """Since it was listed."""
    try:
        wiki.page(page.id)
    except Refused as refusal:
        return refusal.status != 403
    return False


def _inheritance(wiki: Wiki, people: People, space: Space, scan: Scan) -> Inheritance:
    return Inheritance(
        space,
        wiki,
        people,
        lambda id: restriction(wiki.door, id, wiki.user_key, wiki.group_key),
        scan,
    )
