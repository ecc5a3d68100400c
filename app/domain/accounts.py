"""What a source calls people, beside what they are called here: rules of its owner.

accounts:
  domains: {old.example: house.example}
  ids: {jdoe: ada@house.example, "group:staff": "group:all-staff"}
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.domain.acl import Acl
from app.domain.principal import PrincipalKind, PrincipalRef

_KEYS = {"domains", "ids"}
_DOMAIN = re.compile(r"[\w-]+(\.[\w-]+)*")
_NAMEABLE = (PrincipalKind.USER, PrincipalKind.GROUP)


@dataclass(frozen=True, slots=True)
class AccountRules:
    """`domains` says of which domain another is a second name, `ids` whom a source means by a name;
    an entry of `ids` is stronger. No rule is applied to what another gave. With `groups_foreign` a
    group of the source is none of here unless a rule says which."""

    domains: Mapping[str, str] = field(default_factory=dict)
    ids: Mapping[PrincipalRef, PrincipalRef] = field(default_factory=dict)
    groups_foreign: bool = False

    @classmethod
    def read(cls, said: Any) -> AccountRules:
        """What `config.accounts` says. Raises ValueError, with what is wrong and what to do."""
        rules = _mapping(said, "config.accounts")
        if unknown := set(rules) - _KEYS:
            name = sorted(map(str, unknown))[0]
            raise ValueError(f"config.accounts says {name!r}; write domains and ids there")
        domains, ids = dict[str, str](), dict[PrincipalRef, PrincipalRef]()
        for name, target in _mapping(rules.get("domains", {}), "config.accounts.domains").items():
            alias = _domain(name)
            _once(domains, alias, name)
            domains[alias] = _domain(target)
        for name, target in _mapping(rules.get("ids", {}), "config.accounts.ids").items():
            ref = _source_name(name)
            _once(ids, ref, name)
            ids[ref] = _target(name, target)
        return cls(domains, ids)

    def acl(self, acl: Acl) -> Acl:
        """The ACL with the names of here. What no rule names stays as it is: it grants nobody
        unless it is a name of here too.

        No deny is lost: a group that is one person here stays denied besides, and a deny of
        somebody whose name can be nobody's here may mean anybody, so then nobody is let in.
        """
        deny = {self._principal(ref) for ref in acl.deny}
        for ref in acl.deny:
            if ref.kind is PrincipalKind.GROUP and self._principal(ref).kind is PrincipalKind.USER:
                deny.add(ref)
        sure = all(map(_may_be_here, deny)) and all(map(self._known, acl.deny))
        allow = {self._principal(ref) for ref in acl.allow} if sure else set[PrincipalRef]()
        return Acl(frozenset(allow), frozenset(deny))

    def _known(self, ref: PrincipalRef) -> bool:
        """Whether it is certain whom a deny means."""
        if not self.groups_foreign or ref.kind is not PrincipalKind.GROUP:
            return True
        return ref in self.ids or self._principal(ref) != ref

    def _principal(self, ref: PrincipalRef) -> PrincipalRef:
        if ref in self.ids:
            return self.ids[ref]
        if ref.kind is PrincipalKind.GROUP:
            # a bare name may be meant for a group, but never makes one person of a group
            bare = self.ids.get(PrincipalRef(PrincipalKind.USER, ref.key), ref)
            return bare if bare.kind is PrincipalKind.GROUP else ref
        if ref.kind is not PrincipalKind.USER:
            return ref
        name, _, domain = ref.key.rpartition("@")
        if name and domain in self.domains:
            return PrincipalRef(PrincipalKind.USER, f"{name}@{self.domains[domain]}")
        # the case of a source's name counts for the rules alone
        return PrincipalRef(PrincipalKind.USER, ref.key.lower())


def source_user(name: str) -> PrincipalRef:
    """A user by the name that a source has for it, be it an e-mail address or not. Raises
    ValueError for a name that an ACL would read as anything else."""
    ref = _source_name(name)
    if ref.kind is not PrincipalKind.USER:
        raise ValueError(f"{name!r} is no name of a user")
    return ref


def _source_name(name: Any) -> PrincipalRef:
    if not isinstance(name, str) or not name.strip() or not name.isprintable():
        raise ValueError(
            f"config.accounts.ids has {name!r}; write what the source calls somebody, in quotes"
        )
    try:
        ref = PrincipalRef.parse(name)
    except ValueError:
        return PrincipalRef(PrincipalKind.USER, name.strip())
    if ref.kind not in _NAMEABLE:
        raise ValueError(f"config.accounts.ids cannot say who {ref} is; take it out")
    return ref


def _may_be_here(ref: PrincipalRef) -> bool:
    """Whether an ACL of here could name it, known or not."""
    try:
        return PrincipalRef.parse(str(ref)) == ref
    except ValueError:
        return False


def _target(name: Any, target: Any) -> PrincipalRef:
    try:
        ref = PrincipalRef.parse(target) if isinstance(target, str) else None
    except ValueError:
        ref = None
    if ref is None or ref.kind not in _NAMEABLE:
        raise ValueError(
            f"config.accounts.ids maps {name!r} to {target!r}; write an e-mail address or"
            " group:KEY, since a rule may not let everybody in"
        )
    return ref


def _domain(said: Any) -> str:
    if not isinstance(said, str) or not _DOMAIN.fullmatch(said):
        raise ValueError(
            f"config.accounts.domains has {said!r}; write a domain as in old.example: house.example"
        )
    return said.lower()


def _mapping(said: Any, what: str) -> Mapping[Any, Any]:
    if not isinstance(said, Mapping):
        raise ValueError(f"{what} must be a mapping of the source's names to those of here")
    return said


def _once(rules: Mapping[Any, Any], key: Any, name: str) -> None:
    if key in rules:
        raise ValueError(f"config.accounts names {name.strip()!r} twice; take one out")
