"""Who may read what, said once more as plainly as it goes: the yardstick of the random tests.

It shares no code with the product. An organisation is small enough to be walked naively.
"""

from __future__ import annotations

from dataclasses import dataclass, field

SHIPPED = {("regulated", purpose): "group:regulated-data" for purpose in ("ask", "search")}


@dataclass
class Organisation:
    """Principals are names: users `u…`, groups `group:…`, and `everyone`, `public`."""

    users: list[str]
    members: dict[str, set[str]]
    documents: dict[str, Document] = field(default_factory=dict)
    containers: dict[str, Acl] = field(default_factory=dict)
    holders: dict[tuple[str, str], str] = field(default_factory=lambda: dict(SHIPPED))
    """Who alone may query a classification for a purpose; everybody where nobody is named."""
    unleased: frozenset[str] = frozenset({"public"})
    """The classifications whose ACLs hold for ever."""


@dataclass(frozen=True)
class Acl:
    allow: frozenset[str]
    deny: frozenset[str]


@dataclass(frozen=True)
class Document:
    container: str | None
    acl: Acl | None
    classification: str
    confirmed: bool = True
    """Whether its source has confirmed its ACL within the lease."""
    redacted_at: tuple[str, ...] = ()
    """The classifications of its redacted renditions, the strictest first."""


def principals_of(organisation: Organisation, user: str) -> set[str]:
    held = {user, "everyone", "public"}
    while True:
        more = {g for g, members in organisation.members.items() if members & held} - held
        if not more:
            return held
        held |= more


def may_read(organisation: Organisation, user: str, name: str, purpose: str = "search") -> bool:
    return reads(organisation, user, name, purpose) is not None


def reads(organisation: Organisation, user: str, name: str, purpose: str = "search") -> str | None:
    """The classification of the rendition that the user reads: the fullest they are cleared for."""
    document = organisation.documents[name]
    for level in (document.classification, *document.redacted_at):
        if _cleared(organisation, user, level, purpose):
            return level if may_see(organisation, user, name, level, purpose) else None
    return None


def may_see(
    organisation: Organisation, user: str, name: str, level: str, purpose: str = "search"
) -> bool:
    """Whether what was made of this rendition may be shown to the user: of any rendition that they
    are cleared for if they read the document in full, else of a redacted one that there is."""
    document = organisation.documents[name]
    folder = organisation.containers.get(document.container or "")
    acl = document.acl or folder
    if acl is None:
        return False
    held = principals_of(organisation, user)
    denied = acl.deny | (folder.deny if folder else frozenset())
    if held & denied or not held & acl.allow:
        return False
    in_full = _cleared(organisation, user, document.classification, purpose)
    if not _cleared(organisation, user, level, purpose):
        return False
    if not in_full and level not in document.redacted_at:
        return False
    counts = {level, document.classification} if in_full else {level}
    return document.confirmed or counts <= organisation.unleased


def _cleared(organisation: Organisation, user: str, level: str, purpose: str) -> bool:
    holder = organisation.holders.get((level, purpose), "everyone")
    return holder in principals_of(organisation, user)
