"""What two ACLs have in common lets in nobody whom either keeps out, and whom both name."""

from __future__ import annotations

from itertools import chain, combinations, product

from app.domain.acl import Acl
from app.domain.principal import PrincipalRef
from ingestion.containers import in_both

REFS = [*map(PrincipalRef.parse, ("public", "everyone", "ada@house.example", "group:hr"))]
PEOPLE = [frozenset(REFS[:1]), frozenset(REFS[:2]), frozenset(REFS[:3]), frozenset(REFS)]
"""Somebody without an account, with one, Ada, and Ada in a group, by what they are."""
SETS = [*map(frozenset, chain.from_iterable(combinations(REFS, n) for n in range(len(REFS) + 1)))]


def may(person: frozenset[PrincipalRef], acl: Acl) -> bool:
    return bool(person & acl.allow) and not person & acl.deny


def test_nobody_is_let_in_whom_either_keeps_out() -> None:
    for one, other, deny in product(SETS, SETS, REFS):
        acls = Acl(one, frozenset({deny})), Acl(other)
        both = in_both(*acls)
        for person in PEOPLE:
            assert may(person, both) <= all(may(person, acl) for acl in acls)


def test_what_is_opened_to_everyone_stays_open_to_those_of_before() -> None:
    for before, wide in product(SETS, REFS[:2]):
        inside = before - {REFS[0]} if wide == REFS[1] else before
        for acls in ((Acl(before), Acl(frozenset({wide}))), (Acl(frozenset({wide})), Acl(before))):
            both = in_both(*acls)
            assert inside <= both.allow
