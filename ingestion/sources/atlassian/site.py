"""What the products of Atlassian have in common as sources: how a site is entered, and what its
documents look like."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from app.domain.acl import Acl
from ingestion.problem import DocumentProblem
from ingestion.sources import Listed, SourceUnreadable
from ingestion.sources.atlassian.door import Door
from ingestion.sources.http.address import origin

if TYPE_CHECKING:
    from ingestion.connect import Access


def entered(config: Mapping[str, Any], access: Access) -> Door:
    """The door to `config["url"]`. Raises SourceUnreadable for what is no address, and for a
    secret that is no token."""
    base = str(config.get("url", "")).rstrip("/")
    origin(base)
    user, secret = str(config.get("user") or ""), access.secret
    if not secret or not secret.isascii() or not secret.isprintable():
        raise SourceUnreadable(
            "the source has no token, or what is none; give it one with"
            " `portcullis source secret KEY`"
        )
    return Door(base, access.reach, user, secret)


def document(
    id: str,
    title: str,
    uri: str,
    container: str,
    read: Callable[[], bytes],
    version: str,
    type_of: str,
    acl: Acl | None = None,
) -> Listed:
    """Neither withheld nor with a classification: a site says nothing of these."""
    return Listed(
        external_id=id,
        title=_printable(title),
        uri=uri,
        container=container,
        acl=acl,
        classification=None,
        withheld=False,
        read=read,
        version=version,
        mime_type=type_of,
    )


def attached(door: Door, download: str, size: int, limit: int) -> bytes:
    """A file that is listed with its size. Raises DocumentProblem, and SourceUnreadable."""
    if size > limit:
        raise too_large(size, limit)
    content = door.content(download, limit)
    if len(content) != size:
        raise DocumentProblem("read", "it is not as long as it is listed", "sync again")
    return content


def too_large(size: int, limit: int) -> DocumentProblem:
    return DocumentProblem(
        "read",
        f"it has {size / 1e6:.0f} MB; the limit is {limit / 1e6:.0f} MB",
        "split it, or raise PORTCULLIS_MAX_DOCUMENT_MB",
    )


def _printable(title: str) -> str:
    """The database keeps no null, and half a letter no encoding."""
    return "".join(letter if letter.isprintable() else " " for letter in title)[:500]
