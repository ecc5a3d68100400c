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


def principals_of(organisation: Organisation, user: str) -> set[str]:
    held = {user, "everyone", "public"}
    while True:
        more = {g for g, members in organisation.members.items() if members & held} - held
        if not more:
            return held
        held |= more


def may_read(organisation: Organisation, user: str, name: str, purpose: str = "search") -> bool:
    document = organisation.documents[name]
    folder = organisation.containers.get(document.container or "")
    acl = document.acl or folder
    if acl is None or not document.confirmed:
        return False
    held = principals_of(organisation, user)
    denied = acl.deny | (folder.deny if folder else frozenset())
    if held & denied or not held & acl.allow:
        return False
    return organisation.holders.get((document.classification, purpose), "everyone") in held
