"""Deep: ten levels of groups, 10,000 groups, and a person in half of them.

Groups form chains: each is a member of the one above it, so who is in the lowest holds all ten. A
chain's folders belong to any of its groups. The chains have Zipf sizes, and a person is in half of
them, 5,000 groups; only for the smallest shares, where half of the chains already hold more,
in fewer.
"""

from __future__ import annotations

import numpy as np

from evals.bench.options import SHARES
from evals.bench.organisation import Organisation, Wanted
from evals.bench.vectors import Corpus
from evals.bench.workloads.placing import GrantList, folders, owners, window, zipf_sizes

LEVELS = 10
CHAINS = 1_000
EXPONENT = 2.0
NEAR_ENOUGH = 1.3
"""A share that is off by less is kept, to be in more groups."""


def deep(corpus: Corpus, chance: np.random.Generator) -> Organisation:
    chains = max(20, min(CHAINS, corpus.documents // 25))
    owner = owners(corpus, zipf_sizes(corpus.documents, chains, EXPONENT), chance)
    level = chance.integers(LEVELS, size=corpus.documents)
    container, group_of = folders((owner * LEVELS + level).astype(np.int32))
    names = [f"level{n % LEVELS}-chain{n // LEVELS}" for n in range(chains * LEVELS)]
    groups: dict[str, list[str]] = {
        name: [f"group:{names[n + 1]}"] if n % LEVELS < LEVELS - 1 else []
        for n, name in enumerate(names)
    }
    sizes = np.bincount(owner[corpus.document], minlength=chains)
    subjects = []
    for share in SHARES:
        person = Wanted(f"reads-{share:g}@bench.example", share)
        subjects.append(person)
        first, last = window(sizes, share, chains // 2, chains // 2)
        held = sizes[first:last].sum() / corpus.chunks
        if not share / NEAR_ENOUGH < held < share * NEAR_ENOUGH:
            first, last = window(sizes, share, 5, chains // 2)
        for chain in range(first, last):
            groups[names[chain * LEVELS + LEVELS - 1]].append(person.email)
    grants = GrantList()
    numbers = np.array([grants.number(f"group:{name}") for name in names])
    grants.add(np.arange(len(group_of)), numbers[group_of])
    return Organisation(
        name="deep",
        people=[person.email for person in subjects],
        groups=groups,
        principals=list(grants.principals),
        grants=grants.done(),
        document=corpus.document,
        slot=container,
        own=np.zeros(len(group_of), np.bool_),
        subjects=subjects,
    )
