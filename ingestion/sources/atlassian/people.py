"""Who somebody is here whom a site names."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.domain.accounts import source_user
from app.domain.acl import Acl
from app.domain.principal import PrincipalKind, PrincipalRef
from ingestion.problem import DocumentProblem
from ingestion.sources.atlassian.door import Refused
from ingestion.sources.atlassian.readers import ALL, ANONYMOUS, Audience, Directory, Name, Readers
from ingestion.sources.atlassian.said import STRANGE

MAX_MEMBERS = 100_000
_EVERYONE = PrincipalRef(PrincipalKind.EVERYONE)
Reasons = set[str]
"""Why an ACL is narrower than the site, in words for its owner."""


@dataclass
class People:
    """Asks about each once. `public` and `all_users` say whether whom a site lets in without an
    account, or with any, is everyone here."""

    directory: Directory
    public: bool
    all_users: bool
    _refs: dict[Name, PrincipalRef | None] = field(default_factory=dict)
    _members: dict[Name, Readers] = field(default_factory=dict)
    large: set[str] = field(default_factory=set)
    """Groups whose members were not looked at."""

    def acl(self, readers: Readers, reasons: Reasons) -> Acl:
        """Lets in nobody besides; `reasons` gets why somebody is not let in."""
        allow = set[PrincipalRef]()
        for name in readers:
            if name not in self._refs:
                self._refs[name] = self._ref(name)
            ref = self._refs[name]
            if ref is not None:
                allow.add(ref)
            elif name == ANONYMOUS:
                reasons.add("anybody may read it, and config.public_links is not everyone")
            elif name == ALL:
                reasons.add("every user may read it, and config.all_users is not everyone")
            else:
                reasons.add(f"a {name.kind} who may read it cannot be looked up, or has no name")
        return Acl(frozenset(allow))

    def members(self, group: Name) -> Readers:
        if group not in self._members:
            found = set[Name]()
            try:
                for id in self.directory.members(group.id):
                    found.add(Name("user", id))
                    if len(found) > MAX_MEMBERS:
                        raise Refused(413)
            except Refused:
                found.clear()
                self.large.add(group.id)
            self._members[group] = frozenset(found)
        return self._members[group]

    def _ref(self, name: Name) -> PrincipalRef | None:
        if name == ANONYMOUS:
            return _EVERYONE if self.public else None
        if name == ALL:
            return _EVERYONE if self.all_users else None
        try:
            ask = self.directory.user if name.kind == "user" else self.directory.group
            key = ask(name.id)
            # an ACL could not name it, or would name another
            if not key or key != key.strip() or not key.isprintable():
                return None
            if name.kind == "user":
                return source_user(key)
        except (Refused, *STRANGE):
            return None
        return PrincipalRef(PrincipalKind.GROUP, key)


def unknown(audience: Audience) -> Reasons:
    return {f"a {kind} who may read it is of no kind that is known" for kind in audience.unknown}


def untold(reasons: Reasons) -> DocumentProblem:
    """What the owner is told of them."""
    return DocumentProblem(
        "acl",
        f"fewer may read it here than there: {'; '.join(sorted(reasons))}",
        "let the source's token look at it, or change the source's config",
    )
