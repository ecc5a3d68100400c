"""One document to be indexed: what it is, where it belongs, and what is known of it already."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from uuid import UUID

from app.domain.document import SourceItem
from ingestion.classify import Stated


@dataclass(frozen=True, slots=True)
class Listing:
    """What a document's indexed form and its place depend on, as far as its source tells without
    its content being read: two SHA-256 in hex. None where the source does not tell."""

    content: str | None
    place: str | None


@dataclass(frozen=True, slots=True)
class Work:
    """`item` says the content, its container and its own ACL.

    `acl_sequence` is the document's when the work was accepted: an ACL that was replaced since
    stays. `intake_id` is the pushed item that ends with this work. `listing` is how a source that
    is read lists it.
    """

    source_id: int
    document_id: UUID
    item: SourceItem
    stated: Stated
    fingerprint: str
    acl_sequence: int
    intake_id: int | None = None
    listing: Listing = field(default_factory=lambda: Listing(None, None))


def fingerprint(item: SourceItem, stated: Stated, version: str) -> str:
    """What the indexed form of a document depends on, as a SHA-256 in hex. ACLs are not in it:
    they change without the content being read again."""
    return _digest(*_described(item, stated, version), item.content)


def listing(
    item: SourceItem, stated: Stated, version: str, source_version: str, acl_sequence: int
) -> Listing:
    """The same with the version that the source gives the content in its place, and what the place
    depends on."""
    content = _digest(*_described(item, stated, version), source_version.encode())
    acl = item.acl
    named = [] if acl is None else [sorted(map(str, acl.allow)), sorted(map(str, acl.deny))]
    place = json.dumps([item.container, named, acl_sequence]).encode()
    return Listing(content if source_version else None, _digest(place))


def _described(item: SourceItem, stated: Stated, version: str) -> list[bytes]:
    said: tuple[object, ...] = (stated.source, stated.folder, stated.document)
    if stated.decided is not None:
        said = (*said, stated.decided, stated.seconded)
    parts = (version, item.title, item.uri, item.mime_type, item.external_id, *map(str, said))
    return [part.encode() for part in parts]


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()
