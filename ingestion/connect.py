"""Which connector reads which kind of source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingestion.sources import Connector, SourceUnreadable
from ingestion.sources.filesystem import Filesystem


def connector(
    kind: str, config: Mapping[str, Any], levels: tuple[str, ...], max_bytes: int
) -> Connector:
    """Raises SourceUnreadable for a kind that this version does not read."""
    if kind == "filesystem":
        return Filesystem(config, levels, max_bytes)
    raise SourceUnreadable(f"sources of kind {kind!r} are not read by this version")
