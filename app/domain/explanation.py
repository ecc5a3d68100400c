"""Why somebody may or may not read a document: the decision and the path that led to it.

Names only: e-mail addresses, groups, sources, external ids; never a title, never text.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal
from uuid import UUID

Effect = Literal["allow", "deny"]


class Standing(StrEnum):
    """Whether an account can be used. `UNKNOWN`: nobody has introduced whoever is called so."""

    USABLE = "usable"
    DISABLED = "disabled"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ExplainedUser:
    """Who is asked about; `groups` are all that it belongs to, nested, by name. `role` is None
    where there is no account."""

    email: str
    standing: Standing
    role: str | None
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExplainedDocument:
    """Where the document stands. `acl` says whose ACL holds for it: its own, its container's, or
    none. `deleted_at` is set when it was gone by the moment asked about, `source_removed_at` when
    its source was; the rest is then as it was last. `classification` is None until the document
    was indexed."""

    id: UUID
    source: str
    external_id: str
    state: str
    classification: str | None
    container: str | None
    acl: Literal["own", "container", "none"]
    deleted_at: datetime | None
    source_removed_at: datetime | None

    @property
    def indexed(self) -> bool:
        return self.state == "indexed" and self.deleted_at is None


@dataclass(frozen=True, slots=True)
class GrantPath:
    """A grant that reaches the user: `path` leads from the user over its groups to the principal
    that the grant names. `inherited` where it is the container's, `since` when it was made."""

    effect: Effect
    path: tuple[str, ...]
    inherited: bool
    since: datetime

    @property
    def principal(self) -> str:
        return self.path[-1]


@dataclass(frozen=True, slots=True)
class Clearance:
    """What policy lets the user query for one purpose, least strict first, and whether the
    document's classification is among it; `redacted` is that of a redacted rendition that is read
    instead, where it is not."""

    purpose: str
    classifications: tuple[str, ...]
    enough: bool
    redacted: str | None = None


@dataclass(frozen=True, slots=True)
class AclLease:
    """How long the ACL holds without being confirmed; `lasts` and `ends_at` are None when that is
    for ever."""

    confirmed_at: datetime
    lasts: timedelta | None
    ends_at: datetime | None
    ended: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """The decision at one moment, and what it stands on.

    `purposes` are those for which the user may read the document. `lease` is None where nothing
    is known about it: without an ACL, and in the past. `changes` are sentences: where the document
    may not be read, all of them together would open it; where it may, each would close it.
    `limits` says what could not be taken into account.
    """

    at: datetime
    revision: int
    user: ExplainedUser
    document: ExplainedDocument
    grants: tuple[GrantPath, ...]
    clearances: tuple[Clearance, ...]
    lease: AclLease | None
    purposes: tuple[str, ...]
    changes: tuple[str, ...]
    limits: tuple[str, ...]

    @property
    def readable(self) -> bool:
        return bool(self.purposes)
