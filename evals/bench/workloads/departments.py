"""Departments: groups of Zipf sizes own folders, and a person is in 5 to 50 of them.

One person reads everything: a director, whose group is a member of every department.
"""

from __future__ import annotations

import numpy as np

from evals.bench.options import SHARES
from evals.bench.organisation import Organisation, Wanted
from evals.bench.vectors import Corpus, Numbers
from evals.bench.workloads.placing import (
    GrantList,
    folders,
    memberships,
    owners,
    window,
    zipf_sizes,
)

EXPONENT = 1.1
DOCUMENTS_A_GROUP = 25
"""On average."""
MOST_GROUPS = 10_000
FEWEST, MOST = 5, 50
"""Groups that a person is in."""


def departments(corpus: Corpus, chance: np.random.Generator) -> Organisation:
    count = max(60, min(MOST_GROUPS, corpus.documents // DOCUMENTS_A_GROUP))
    owner = owners(corpus, zipf_sizes(corpus.documents, count, EXPONENT), chance)
    container, owner_of = folders(owner)
    groups, subjects = staffed(corpus, owner, count, chance)
    grants = GrantList()
    numbers = np.array([grants.number(f"group:dept-{n}") for n in range(count)])
    grants.add(np.arange(len(owner_of)), numbers[owner_of])
    return Organisation(
        name="departments",
        people=sorted({m for members in groups.values() for m in members if "@" in m}),
        groups=groups,
        principals=list(grants.principals),
        grants=grants.done(),
        document=corpus.document,
        slot=container,
        own=np.zeros(len(owner_of), np.bool_),
        subjects=subjects,
    )


def staffed(
    corpus: Corpus, owner: Numbers, count: int, chance: np.random.Generator
) -> tuple[dict[str, list[str]], list[Wanted]]:
    """The groups with their members, and who is measured: the director, and people whose groups
    own as near as can be to each share of all chunks."""
    people = [f"person-{n}@bench.example" for n in range(max(50, min(2_000, count // 2)))]
    members = memberships(people, count, FEWEST, MOST, EXPONENT, chance)
    sizes = np.bincount(owner[corpus.document], minlength=count)
    subjects = [Wanted("director@bench.example", SHARES[0])]
    for share in SHARES[1:]:
        first, last = window(sizes, share, FEWEST, MOST)
        person = Wanted(f"reads-{share:g}@bench.example", share)
        subjects.append(person)
        for group in range(first, last):
            members[group].append(person.email)
    for one in members:
        one.append("group:directors")
    groups = {f"dept-{n}": one for n, one in enumerate(members)}
    return {**groups, "directors": ["director@bench.example"]}, subjects
