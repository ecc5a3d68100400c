"""Which connector reads which kind of source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ingestion.sources import Connector, SourceUnreadable
from ingestion.sources.filesystem import Filesystem
from ingestion.sources.reach import Reach
from ingestion.sources.s3 import S3


@dataclass(frozen=True, slots=True)
class Access:
    """What a connector is given besides its source's config: the `levels` of classification, how
    large a document may be, what may be reached, and the source's secret where it has one."""

    levels: tuple[str, ...]
    max_bytes: int
    reach: Reach
    secret: str | None = field(default=None, repr=False)


def connector(kind: str, config: Mapping[str, Any], access: Access) -> Connector:
    """Raises SourceUnreadable for a kind that this version does not read."""
    if kind == "filesystem":
        return Filesystem(config, access.levels, access.max_bytes)
    if kind == "s3":
        return S3(config, access)
    raise SourceUnreadable(f"sources of kind {kind!r} are not read by this version")
