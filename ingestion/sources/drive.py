"""Folders and shared drives of Google Drive as a source; a folder is a container."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.domain.acl import Acl
from app.domain.principal import PrincipalRef
from ingestion.problem import DocumentProblem
from ingestion.sources import Listed, Scan, SourceUnreadable, Standing
from ingestion.sources import drive_files as files
from ingestion.sources import drive_rights as rights
from ingestion.sources.api import SCAN_PATIENCE, VERIFY_PATIENCE
from ingestion.sources.drive_client import Client, Denied, is_id
from ingestion.sources.drive_files import Item
from ingestion.sources.drive_rights import Held, held

if TYPE_CHECKING:
    from ingestion.connect import Access

DEPTH = 100
_NOBODY = Held(Acl(), frozenset(), frozenset(), ("whom Drive does not tell",))


@dataclass(frozen=True)
class Drive:
    """Reads what is in `config["folders"]` and below, each the id of a folder or a shared drive. An
    external id is Drive's own."""

    config: Mapping[str, Any]
    access: Access

    def scan(self) -> Scan:
        with self._client(SCAN_PATIENCE) as client:
            scan, documents = Scan({}, (), {}), dict[str, Listed]()
            for root in self._roots():
                try:
                    top = Item.read(client.one(f"files/{root}", files.FIELDS))
                except Denied as denied:
                    raise SourceUnreadable(
                        f"config.folders names a folder that cannot be read ({denied}); share it"
                        " with the service account, or leave it out"
                    ) from None
                if top.trashed or top.kind != files.FOLDER:
                    raise SourceUnreadable("config.folders names what is no folder; leave it out")
                self._walk(client, top, scan, documents)
            return Scan(scan.containers, tuple(documents.values()), scan.problems)

    def verify(self, external_id: str) -> Standing | None:
        if not is_id(external_id):
            return None
        with self._client(VERIFY_PATIENCE) as client:
            try:
                way = self._way(client, external_id)
                if way is None:
                    return None
                within, above = None, _NOBODY
                for folder in way[:-1]:
                    above = self._held(client, folder, within)
                    within = above.within
                item, folder = way[-1], way[-2]
                acl = self._acl(client, item, above)[0]
            except Denied:
                return None
            return Standing(folder.id, above.acl, acl)

    def _walk(self, client: Client, top: Item, scan: Scan, documents: dict[str, Listed]) -> None:
        left: list[tuple[Item, frozenset[PrincipalRef] | None, int]] = [(top, None, 0)]
        while left:
            folder, within, depth = left.pop()
            if folder.id in scan.containers or depth > DEPTH:
                raise SourceUnreadable(
                    "a folder is listed in two places, or too deep; sync again, and name in"
                    " config.folders none that is below another"
                )
            above = self._told(client, folder, within, scan)
            scan.containers[folder.id] = above.acl
            for item in self._children(client, folder, top.drive):
                if item.kind == files.FOLDER:
                    left.append((item, above.within, depth + 1))
                elif item.id in documents:
                    raise SourceUnreadable("a file is listed in two folders; sync again")
                elif not item.is_readable:
                    if item.kind != files.SHORTCUT:
                        scan.problems[item.id] = DocumentProblem(
                            "read", "a file of this kind is not read", "keep it as a document"
                        )
                else:
                    documents[item.id] = self._listed(client, item, folder, above, scan)

    def _children(self, client: Client, folder: Item, drive: str) -> Iterator[Item]:
        corpora = {"corpora": "drive", "driveId": drive} if drive else {"corpora": "user"}
        try:
            listing = client.every(
                "files",
                "files",
                files.FIELDS,
                q=f"'{folder.id}' in parents and trashed = false",
                **corpora,
            )
            for said in listing:
                item = Item.read(said)
                if item.parents != (folder.id,):
                    raise SourceUnreadable("Drive lists a file that is elsewhere; sync again")
                if not item.trashed:
                    yield item
        except Denied as denied:
            raise SourceUnreadable(
                f"Drive does not list a folder ({denied}); let the service account read it"
            ) from None

    def _listed(self, client: Client, item: Item, folder: Item, above: Held, scan: Scan) -> Listed:
        acl, untold = self._acl(client, item, above)
        if untold:
            scan.problems[item.id] = _untold(untold)
        return Listed(
            external_id=item.id,
            title=item.name,
            uri=item.link,
            container=folder.id,
            acl=acl,
            classification=None,
            withheld=False,
            read=lambda: self._read(item),
            version=item.version,
            mime_type=item.mime_type,
        )

    def _acl(self, client: Client, item: Item, above: Held) -> tuple[Acl | None, tuple[str, ...]]:
        """An ACL of its own, where its permissions are not those that its folder passes on."""
        if item.ids is not None and item.ids == above.ids and not item.limited:
            return None, ()
        try:
            own = self._held(client, item, above.within)
        except Denied:
            own = _NOBODY
        return own.acl, own.untold

    def _told(
        self,
        client: Client,
        folder: Item,
        within: frozenset[PrincipalRef] | None,
        scan: Scan,
    ) -> Held:
        try:
            found = self._held(client, folder, within)
        except Denied:
            found = _NOBODY
        if found.untold:
            scan.problems[folder.id] = _untold(found.untold)
        return found

    def _held(self, client: Client, item: Item, within: frozenset[PrincipalRef] | None) -> Held:
        path = f"files/{item.id}/permissions"
        return held(
            client.every(path, "permissions", rights.FIELDS), item.limited, within, self.config
        )

    def _way(self, client: Client, external_id: str) -> list[Item] | None:
        """From one of the source's folders down to the file, None where there is no such way."""
        way, at, roots = list[Item](), external_id, self._roots()
        while len(way) <= DEPTH:
            item = Item.read(client.one(f"files/{at}", files.FIELDS))
            if item.id != at or item.trashed or (item.kind == files.FOLDER) != bool(way):
                return None
            way.append(item)
            if at in roots:
                return way[::-1] if len(way) > 1 else None
            if len(item.parents) != 1:
                return None
            at = item.parents[0]
        return None

    def _read(self, item: Item) -> bytes:
        with self._client(SCAN_PATIENCE) as client:
            return files.content(client, item, self.access.max_bytes)

    def _roots(self) -> list[str]:
        roots = self.config.get("folders")
        if not isinstance(roots, list) or not roots or not all(map(is_id, roots)):
            raise SourceUnreadable("config.folders is no list of ids of folders; mend it")
        return roots

    @contextmanager
    def _client(self, patience: float) -> Iterator[Client]:
        with Client(self.config, self.access.reach, self.access.secret or "", patience) as client:
            yield client


def _untold(untold: tuple[str, ...]) -> DocumentProblem:
    return DocumentProblem(
        "acl",
        f"it lets in, and is not read here by: {', '.join(untold)}",
        "share it with people or groups by their addresses, or say in the config who that is",
    )
