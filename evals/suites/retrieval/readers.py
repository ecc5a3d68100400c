"""Readers of different breadth over one corpus, by ACLs at random."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.authz.directory import Person
from app.domain.acl import Acl
from evals.ground.company import Company

FOLDERS = 64


@dataclass(frozen=True, slots=True)
class Readers:
    """`may` says which folders each e-mail may read: the rule that the ACLs of `company` write
    down, kept beside them. `all` reads everything."""

    company: Company
    all: str
    may: Mapping[str, frozenset[str]]
    breadths: Mapping[str, float]


def readers(chance: random.Random, breadths: Sequence[float]) -> Readers:
    """One who reads everything, and one who reads each share of the folders: some are allowed to
    them, and of what is allowed to everyone some are denied."""
    names = {f"reads-{breadth:g}@evaluated.example": breadth for breadth in breadths}
    everything = "reads-all@evaluated.example"
    folders = [f"folder-{n}" for n in range(FOLDERS)]
    open_to_all = set(chance.sample(folders, FOLDERS // 2))
    may: dict[str, frozenset[str]] = {everything: frozenset(folders)}
    for email, breadth in names.items():
        may[email] = frozenset(chance.sample(folders, max(1, round(breadth * FOLDERS))))
    acls = {}
    for folder in folders:
        inside = [email for email, of in may.items() if folder in of]
        outside = [email for email in may if email not in inside]
        acls[folder] = (
            Acl.parse(["everyone"], outside) if folder in open_to_all else Acl.parse(inside)
        )
    people = tuple(Person(email, "Reader") for email in may)
    return Readers(Company(people, (), acls, ()), everything, may, names)
