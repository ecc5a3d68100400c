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
from ingestion.sources.atlassian.door import Door, Refused, Unanswered
from ingestion.sources.atlassian.inheritance import Inheritance
from ingestion.sources.atlassian.people import People
from ingestion.sources.atlassian.storage import as_html
from ingestion.sources.atlassian.wiki import (
    STRANGE,
    Attachment,
    Page,
    Space,
    Wiki,
    attachment_id,
    content_id,
    restriction,
    signed_in,
)
from ingestion.sources.http.address import origin

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
                documents += self._space(people, space, scan)
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
            page, space = wiki.page(content_id(id))
            inheritance = _inheritance(self._people(wiki), space, scan)
            if not self._wanted(space) or not inheritance.open():
                return None
            container = inheritance.container(page)
        except (Refused, *STRANGE):
            return None
        acl = scan.containers[container]
        return Standing(container, acl, None) if acl.allow or not scan.problems else None

    def _wiki(self) -> Wiki:
        base = str(self.config.get("url", "")).rstrip("/")
        origin(base)
        user, secret = str(self.config.get("user") or ""), self.access.secret
        if not secret or not secret.isascii() or not secret.isprintable():
            raise SourceUnreadable(
                "the source has no token, or what is none; give it one with"
                " `portcullis source secret KEY`"
            )
        door = Door(base, self.access.reach, user, secret)
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

    def _space(self, people: People, space: Space, scan: Scan) -> list[Listed]:
        wiki, inheritance, found = people.wiki, _inheritance(people, space, scan), list[Listed]()
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
                raise _too_large(len(content), self.access.max_bytes)
            return content

        uri = f"{wiki.door.base}{page.link}" if page.link else ""
        return _listed(f"page/{page.id}", page.title, uri, container, read, page.version, HTML)

    def _attachment(
        self, wiki: Wiki, attachment: Attachment, container: str, type_of: str
    ) -> Listed:
        def read() -> bytes:
            limit = self.access.max_bytes
            if not attachment.download:
                raise DocumentProblem("read", "its name leads elsewhere", "give it another name")
            if attachment.size > limit:
                raise _too_large(attachment.size, limit)
            content = wiki.door.content(attachment.download, limit)
            if len(content) != attachment.size:
                raise DocumentProblem("read", "it is not as long as it is listed", "sync again")
            return content

        uri = f"{wiki.door.base}{attachment.link}" if attachment.link else ""
        id = f"attachment/{attachment.id}"
        return _listed(id, attachment.title, uri, container, read, attachment.version, type_of)


def _is_gone(wiki: Wiki, page: Page) -> bool:
    """Since it was listed."""
    try:
        wiki.page(page.id)
    except Refused as refusal:
        return refusal.status != 403
    return False


def _inheritance(people: People, space: Space, scan: Scan) -> Inheritance:
    wiki = people.wiki
    return Inheritance(
        space,
        people,
        lambda id: restriction(wiki.door, id, wiki.user_key, wiki.group_key),
        scan,
    )


def _listed(
    id: str, title: str, uri: str, container: str, read: Any, version: str, type_of: str
) -> Listed:
    return Listed(
        external_id=id,
        title=_printable(title),
        uri=uri,
        container=container,
        acl=None,
        classification=None,
        withheld=False,
        read=read,
        version=version,
        mime_type=type_of,
    )


def _printable(title: str) -> str:
    """The database keeps no null, and half a letter no encoding."""
    return "".join(letter if letter.isprintable() else " " for letter in title)[:500]


def _too_large(size: int, limit: int) -> DocumentProblem:
    return DocumentProblem(
        "read",
        f"it has {size / 1e6:.0f} MB; the limit is {limit / 1e6:.0f} MB",
        "split it, or raise PORTCULLIS_MAX_DOCUMENT_MB",
    )
