"""Sources, the jobs that bring their documents in, and what owners are told about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.domain.acl import Acl


@dataclass(frozen=True, slots=True)
class Schedule:
    """After how many minutes a source is synced by itself, and its ACLs alone; 0: never, None: as
    the installation's settings say."""

    sync_minutes: int | None = None
    permission_minutes: int | None = None


AS_USUAL = Schedule()


@dataclass(frozen=True, slots=True)
class Source:
    """A registered origin of documents. `config` is what its connector needs to read it."""

    id: int
    key: str
    kind: str
    config: Mapping[str, Any]
    classification_floor: str
    owner: str | None
    synced_at: datetime | None = None
    has_secret: bool = False
    schedule: Schedule = AS_USUAL


@dataclass(frozen=True, slots=True)
class PushedDocument:
    """A document as the indexing API receives it; fields as in SourceItem."""

    external_id: str
    title: str
    content: bytes
    mime_type: str
    uri: str = ""
    container: str | None = None
    acl: Acl | None = None
    classification: str | None = None


class SyncChange(StrEnum):
    """What people do to a sync that waits or runs."""

    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Job:
    """Work that the ingestion does. `total`, `done` and `failed` count documents.

    `detail` holds figures (seconds per stage, how many were embedded, unchanged, deleted).
    """

    id: UUID
    kind: str
    source: str
    source_id: int
    state: str
    total: int
    done: int
    failed: int
    message: str
    detail: Mapping[str, Any]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def ended(self) -> bool:
        return self.state in ("done", "failed", "cancelled")

    @property
    def quarantined(self) -> int:
        """How many of the failed are not tried again as they are."""
        return int(self.detail.get("outcomes", {}).get("quarantined", 0))

    @property
    def rate(self) -> float | None:
        """Documents a second since it was begun, or gone on with; None before the first."""
        seconds = float(self.detail.get("seconds", 0))
        return self.done / seconds if seconds and self.done else None

    @property
    def seconds_left(self) -> float | None:
        """At the rate so far; None where that cannot be told."""
        if self.state != "running" or self.rate is None:
            return None
        return max(0, self.total - self.done) / self.rate


@dataclass(frozen=True, slots=True)
class AclChange:
    """From `revision` on the ACL holds; `unmapped` are entries that name nobody known."""

    revision: int
    unmapped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """Something an owner has to know, and what to do about it."""

    external_id: str
    stage: str
    reason: str
    advice: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SourceOverview:
    """A source as its owner sees it: counts of documents and the latest job. `withheld` are those
    that nobody may read until the source confirms their ACL."""

    source: Source
    documents: int
    indexed: int
    withheld: int = 0
    problems: tuple[Problem, ...] = field(default_factory=tuple)
    job: Job | None = None
