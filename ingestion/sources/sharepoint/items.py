"""What a drive holds: files and folders, as Microsoft Graph lists them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from ingestion.sources import SourceUnreadable
from ingestion.sources.sharepoint.graph import Graph, Refused

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9!_-]{0,199}")
_FIELDS = "id,name,size,cTag,webUrl,file,folder,package,root,remoteItem,deleted,parentReference"
_SELECT = urlencode({"$select": f"{_FIELDS},publication"}, safe="$,")
_HOSTS = (".sharepoint.com", ".sharepoint.us", ".sharepoint.cn")


@dataclass(frozen=True, slots=True)
class Item:
    """`folder` is whether it has items in it; the top folder of a drive has no `parent`. `draft` is
    whether what can be downloaded is not what readers see."""

    drive: str
    id: str
    parent: str
    folder: bool
    name: str = ""
    size: int = 0
    version: str = ""
    uri: str = ""
    draft: bool = False

    @property
    def external_id(self) -> str:
        return f"{self.drive}/{self.id}"

    @property
    def path(self) -> str:
        return path(self.drive, self.id)


def path(drive: str, item: str) -> str:
    """Of an item, in the API."""
    return f"/drives/{quote(drive, safe='')}/items/{quote(item, safe='')}"


def checked_id(said: Any) -> str:
    """Raises ValueError for what is no id of a drive or an item."""
    if not isinstance(said, str) or not _ID.fullmatch(said):
        raise ValueError("no id")
    return said


def listed(graph: Graph, drive: str) -> dict[str, Item]:
    """Everything that a drive has now, by id. Raises SourceUnreadable."""
    found: dict[str, Item] = {}
    listing = graph.entries(
        f"/drives/{quote(drive, safe='')}/root/delta?{_SELECT}", "@odata.deltaLink"
    )
    try:
        for said in listing:
            # an item that comes again has changed meanwhile: the last word counts
            found.pop(checked_id(said.get("id")), None)
            item = None if said.get("deleted") is not None else read(drive, said)
            if item is not None:
                found[item.id] = item
    except Refused as refusal:
        raise SourceUnreadable(
            f"a drive cannot be listed ({refusal.status}); let the app registration read it"
        ) from None
    except (ValueError, KeyError, TypeError):
        raise SourceUnreadable("the listing of a drive makes no sense; look at it") from None
    if len([item for item in found.values() if not item.parent]) != 1:
        raise SourceUnreadable("the listing of a drive has no top folder; sync again")
    for item in found.values():
        if item.parent and (item.parent not in found or not found[item.parent].folder):
            raise SourceUnreadable("a folder of a drive was not listed; sync again")
    return found


def one(graph: Graph, drive: str, item: str) -> Item | None:
    """An item as it is now; None where it is none of this drive. Raises Refused."""
    said = graph.get(f"{path(drive, item)}?{_SELECT}")
    if said.get("id") != item or said.get("deleted") is not None:
        return None
    try:
        return read(drive, said)
    except (ValueError, KeyError, TypeError):
        raise SourceUnreadable("Microsoft Graph answers with no item; look at it") from None


def read(drive: str, said: Mapping[str, Any]) -> Item | None:
    """None for what is neither, as a shortcut to another drive is. Raises ValueError, KeyError or
    TypeError where it makes no sense."""
    facets = {key for key, value in said.items() if value is not None}
    folder = not facets.isdisjoint({"folder", "package", "root"})
    if "remoteItem" in facets or not (folder or "file" in facets):
        return None
    above = said.get("parentReference") or {}
    if "root" not in facets and above.get("driveId", drive) != drive:
        raise ValueError("an item of another drive")
    name, size, tag = said["name"], said.get("size", 0), said.get("cTag") or ""
    if not all((isinstance(name, str), isinstance(size, int), isinstance(tag, str))):
        raise TypeError
    return Item(
        drive=drive,
        id=checked_id(said["id"]),
        parent="" if "root" in facets else checked_id(above["id"]),
        folder=folder,
        name="".join(letter if letter.isprintable() else "\ufffd" for letter in name)[:400],
        size=size,
        version=f"ctag {tag}" if tag and tag.isprintable() and len(tag) < 300 else "",
        uri=_uri(said.get("webUrl")),
        draft=_is_draft(said.get("publication")),
    )


def _is_draft(publication: Any) -> bool:
    """Checked out, or a minor version, which only those who write may see. Where a library knows
    neither, nothing is said."""
    if publication is None:
        return False
    major = re.fullmatch(r"[0-9]+(\.0)?", str(publication.get("versionId") or "1.0"))
    return publication.get("level") != "published" or not major


def _uri(said: Any) -> str:
    """What citations link to; empty for what a reader should not be led to."""
    if not isinstance(said, str) or not re.fullmatch(r"https://[!-\[\]-~]{1,1900}", said):
        return ""
    try:
        parts = urlsplit(said)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    return said if host.endswith(_HOSTS) and "@" not in parts.netloc and port is None else ""
