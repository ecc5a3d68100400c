"""The drives of a SharePoint site, or of a user's OneDrive, as a source."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from app.domain.acl import Acl
from ingestion.formats import BY_SUFFIX
from ingestion.problem import DocumentProblem
from ingestion.sources import Listed, Scan, SourceUnreadable, Standing
from ingestion.sources.sharepoint.grants import Audience, Grants, read_grants
from ingestion.sources.sharepoint.graph import Graph, Refused
from ingestion.sources.sharepoint.items import Item, checked_id, listed, one

if TYPE_CHECKING:
    from ingestion.connect import Access

VERIFY_SECONDS = 5.0
"""So long somebody waits for a live check that Graph puts off."""
_SITE = re.compile(r"[A-Za-z0-9.-]+,([0-9A-Fa-f-]{36}),[0-9A-Fa-f-]{36}")
_NONE = Grants(Acl(), frozenset())
_CLOSED = Grants(Acl(), frozenset({"its permissions cannot be read"}))


@dataclass(frozen=True)
class SharePoint:
    """Reads `config["site"]`, or the OneDrive of `config["user"]`. Folders are containers. A file
    has an ACL of its own where its permissions say another than its folder's."""

    config: Mapping[str, Any]
    access: Access
    _tokens: list[str] = field(default_factory=list, repr=False)

    def scan(self) -> Scan:
        containers: dict[str, Acl] = {}
        documents: list[Listed] = []
        problems: dict[str, DocumentProblem] = {}
        with Graph(self.config, self.access, self._tokens) as graph:
            for drive, audience in self._drives(graph).items():
                items = listed(graph, drive)
                grants = {id: self._grants(graph, item, audience) for id, item in items.items()}
                for item in items.values():
                    found = grants[item.id]
                    above = grants.get(item.parent, _NONE)
                    # what a folder says of all that it holds is told once
                    if untold := found.untold - (set() if found == _CLOSED else above.untold):
                        problems[item.external_id] = _untold(untold)
                    if item.folder:
                        containers[item.external_id] = found.acl
                    else:
                        listing = self._listed(item, found, above.acl)
                        documents.append(listing)
                        if item.draft:
                            problems[item.external_id] = _draft()
        return Scan(containers, tuple(documents), problems)

    def verify(self, external_id: str) -> Standing | None:
        drive, _, name = external_id.partition("/")
        try:
            checked_id(drive), checked_id(name)
        except ValueError:
            return None
        with Graph(self.config, self.access, self._tokens, VERIFY_SECONDS) as graph:
            audience = self._drives(graph).get(drive)
            if audience is None:
                return None
            try:
                item = one(graph, drive, name)
                if item is None or item.folder or item.draft:
                    return None
                own = read_grants(graph.entries(f"{item.path}/permissions"), audience)
                folder = Item(drive, item.parent, "", folder=True)
                above = read_grants(graph.entries(f"{folder.path}/permissions"), audience)
            except Refused:
                return None
        acl = None if own.acl == above.acl else own.acl
        return Standing(folder.external_id, above.acl, acl)

    def _drives(self, graph: Graph) -> dict[str, Audience]:
        """The drives by id, with whom their permissions may mean. Raises SourceUnreadable."""
        try:
            home = ""
            if self.config.get("user"):
                above = f"/users/{quote(str(self.config['user']), safe='@')}"
            else:
                address = urlsplit(str(self.config["site"]))
                where = quote(unquote(address.path).strip("/"))
                said = graph.get(f"/sites/{address.hostname}" + (f":/{where}" if where else ""))
                site = _SITE.fullmatch(str(said.get("id")))
                if site is None:
                    raise SourceUnreadable("Microsoft Graph answers with no site; look at it")
                home, above = site[1].lower(), f"/sites/{quote(site[0], safe=',')}"
            drives = [checked_id(drive.get("id")) for drive in graph.entries(f"{above}/drives")]
        except Refused as refusal:
            raise SourceUnreadable(
                f"the site or user cannot be read ({refusal.status}); mend config.site or"
                " config.user, or let the app registration read it"
            ) from None
        except ValueError:
            raise SourceUnreadable("the listing of the drives makes no sense; look at it") from None
        if not drives:
            raise SourceUnreadable("the site or user has no drive; mend config.site or config.user")
        everyone = {
            key: self.config.get(key) == "everyone" for key in ("public_links", "organization_wide")
        }
        return {drive: Audience(home or drive, **everyone) for drive in drives}

    def _grants(self, graph: Graph, item: Item, audience: Audience) -> Grants:
        try:
            return read_grants(graph.entries(f"{item.path}/permissions"), audience)
        except Refused:
            return _CLOSED

    def _listed(self, item: Item, found: Grants, above: Acl) -> Listed:
        withheld = item.draft or found == _CLOSED
        return Listed(
            external_id=item.external_id,
            title=item.name,
            uri=item.uri,
            container=f"{item.drive}/{item.parent}",
            # nobody where that is not known, or its folder's readers would be let in
            acl=Acl() if withheld else None if found.acl == above else found.acl,
            classification=None,
            withheld=withheld,
            read=lambda: self._read(item),
            version=item.version,
            mime_type=BY_SUFFIX.get(PurePosixPath(item.name).suffix.lower(), ""),
        )

    def _read(self, item: Item) -> bytes:
        limit = self.access.max_bytes
        if item.size > limit:
            raise DocumentProblem(
                "read",
                f"the file has {item.size / 1e6:.0f} MB; the limit is {limit / 1e6:.0f} MB",
                "split it, or raise PORTCULLIS_MAX_DOCUMENT_MB",
            )
        with Graph(self.config, self.access, self._tokens) as graph:
            try:
                # a listing need not say what is a draft
                now = one(graph, item.drive, item.id)
                if now is not None and now.draft:
                    raise _draft()
                if now is None or (now.version, now.parent) != (item.version, item.parent):
                    raise DocumentProblem("read", "it was changed meanwhile", "sync again")
                return graph.content(f"{item.path}/content", limit)
            except Refused as refusal:
                raise DocumentProblem(
                    "read",
                    f"the file that was listed cannot be read ({refusal.status})",
                    "sync again where it was changed meanwhile; else let the app read it",
                ) from None


def _untold(reasons: frozenset[str]) -> DocumentProblem:
    return DocumentProblem(
        "acl",
        "; ".join(sorted(reasons)),
        "share it with people or groups by name, mend the config, or what the app may read",
    )


def _draft() -> DocumentProblem:
    return DocumentProblem(
        "read",
        "it is checked out, or a draft that readers do not see",
        "publish it, or check it in",
    )
