"""One document to be indexed: what it is, where it belongs, and what is known of it already."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from uuid import UUID

from app.domain.document import SourceItem
from ingestion.classify import Stated


@dataclass(frozen=True, slots=True)
class Work:
    """`item` says the content, its container and its own ACL.

    `acl_sequence` is the document's when the work was accepted: an ACL that was replaced since
    stays. `intake_id` is the pushed item that ends with this work.
    """

    source_id: int
    document_id: UUID
    item: SourceItem
    stated: Stated
    fingerprint: str
    acl_sequence: int
    intake_id: int | None = None


def fingerprint(item: SourceItem, stated: Stated, version: str) -> str:
    """What the indexed form of a document depends on, as a SHA-256 in hex. ACLs are not in it:
    they change without the content being read again."""
    digest = hashlib.sha256()
    said = (stated.source, stated.folder, stated.document)
    for part in (version, item.title, item.uri, item.mime_type, item.external_id, *map(str, said)):
        digest.update(part.encode() + b"\0")
    digest.update(item.content)
    return digest.hexdigest()
