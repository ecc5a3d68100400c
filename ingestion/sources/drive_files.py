"""Files and folders as Drive lists them, and how their content is come by."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import md5
from typing import Any

from ingestion.problem import DocumentProblem
from ingestion.sources import SourceUnreadable
from ingestion.sources.drive_client import Client, Denied, is_id

FIELDS = (
    "id,name,mimeType,size,md5Checksum,version,trashed,parents,driveId,permissionIds,"
    "inheritedPermissionsDisabled,webViewLink"
)
FOLDER = "application/vnd.google-apps.folder"
SHORTCUT = "application/vnd.google-apps.shortcut"
_GOOGLE = "application/vnd.google-apps."
_OFFICE = "application/vnd.openxmlformats-officedocument."
_EXPORTS = {
    f"{_GOOGLE}document": f"{_OFFICE}wordprocessingml.document",
    f"{_GOOGLE}spreadsheet": f"{_OFFICE}spreadsheetml.sheet",
    f"{_GOOGLE}presentation": f"{_OFFICE}presentationml.presentation",
    f"{_GOOGLE}drawing": "application/pdf",
}
_LINK = re.compile(r"https://(drive|docs)\.google\.com/[!-~]{1,500}")
_MIME = re.compile(r"[a-z0-9.+-]{1,100}/[a-z0-9.+-]{1,100}")


@dataclass(frozen=True, slots=True)
class Item:
    """`ids` are those of its permissions, None where Drive does not say; `limited` is whether what
    its folder passes on does not count."""

    id: str
    name: str
    kind: str
    size: int | None
    md5: str
    revision: str
    parents: tuple[str, ...]
    drive: str
    ids: frozenset[str] | None
    limited: bool
    trashed: bool
    link: str

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Item:
        """Raises SourceUnreadable for what is no file."""
        name, kind, parents = said.get("name"), said.get("mimeType"), said.get("parents", [])
        sound = is_id(said.get("id")) and isinstance(name, str) and isinstance(kind, str)
        if not sound or not isinstance(parents, list) or not all(map(is_id, parents)):
            raise SourceUnreadable("Drive lists a file that is none; look at it")
        ids, size = said.get("permissionIds"), str(said.get("size", ""))
        link = str(said.get("webViewLink", ""))
        return cls(
            id=said["id"],
            name="".join(letter for letter in str(name) if letter.isprintable())[:500],
            kind=str(kind),
            size=int(size) if re.fullmatch(r"[0-9]{1,18}", size) else None,
            md5=str(said.get("md5Checksum") or ""),
            revision=str(said.get("version") or ""),
            parents=tuple(parents),
            drive=said["driveId"] if is_id(said.get("driveId")) else "",
            ids=frozenset(map(str, ids)) if isinstance(ids, list) else None,
            limited=said.get("inheritedPermissionsDisabled") not in (None, False),
            trashed=said.get("trashed") is not False,
            link=link if _LINK.fullmatch(link) else "",
        )

    @property
    def version(self) -> str:
        """What changes with the content; empty where Drive says nothing that does."""
        if self.md5:
            return f"md5 {self.md5} {self.size}"
        return f"version {self.revision}" if self.revision else ""

    @property
    def mime_type(self) -> str:
        kind = _EXPORTS.get(self.kind, self.kind)
        return kind if _MIME.fullmatch(kind) else "application/octet-stream"

    @property
    def is_readable(self) -> bool:
        return self.kind in _EXPORTS or not self.kind.startswith(_GOOGLE)


def content(client: Client, item: Item, limit: int) -> bytes:
    """Raises DocumentProblem."""
    large = DocumentProblem(
        "read",
        f"the file is larger than the limit of {limit / 1e6:.0f} MB",
        "split it, or raise PORTCULLIS_MAX_DOCUMENT_MB",
    )
    if item.size is not None and item.size > limit and item.kind not in _EXPORTS:
        raise large
    try:
        if item.kind in _EXPORTS:
            path, said = f"files/{item.id}/export", {"mimeType": _EXPORTS[item.kind]}
        else:
            path, said = f"files/{item.id}", {"alt": "media"}
        found, cut = client.content(path, limit, **said)
    except (Denied, SourceUnreadable) as error:
        raise DocumentProblem(
            "read",
            f"the file that was listed cannot be read ({error})",
            "sync again where it was changed meanwhile; else let the service account download it",
        ) from None
    if cut:
        raise large
    if item.md5 and md5(found, usedforsecurity=False).hexdigest() != item.md5:
        raise DocumentProblem("read", "the file is not as it was listed", "sync again")
    return found
