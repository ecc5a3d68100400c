"""Denies: departments in which a tenth of all documents deny someone who otherwise may read them.

Such a document has an ACL of its own: its department is allowed, and a member of it is denied, in
one of four cases through a nested group. The people who are measured are among the denied in half
of those documents that they would otherwise read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from evals.bench.organisation import Organisation
from evals.bench.vectors import Corpus
from evals.bench.workloads.departments import DOCUMENTS_A_GROUP, EXPONENT, MOST_GROUPS, staffed
from evals.bench.workloads.placing import GrantList, folders, owners, zipf_sizes

DENYING = 0.1
THROUGH_A_GROUP = 0.25


def denies(corpus: Corpus, chance: np.random.Generator) -> Organisation:
    count = max(60, min(MOST_GROUPS, corpus.documents // DOCUMENTS_A_GROUP))
    owner = owners(corpus, zipf_sizes(corpus.documents, count, EXPONENT), chance)
    container, owner_of = folders(owner)
    groups, subjects = staffed(corpus, owner, count, chance)
    people = sorted({m for members in groups.values() for m in members if "@" in m})
    measured = [person.email for person in subjects]
    # a conflict of interest is declared in a group of groups
    for person in measured:
        groups[f"conflict-{person}"] = [person]
        groups[f"conflicts-{person}"] = [f"group:conflict-{person}"]

    denying = np.flatnonzero(chance.random(corpus.documents) < DENYING)
    slot = container.copy()
    slot[denying] = len(owner_of) + np.arange(len(denying))
    owner_of_slot = np.concatenate([owner_of, owner[denying]])
    grants = GrantList()
    numbers = np.array([grants.number(f"group:dept-{n}") for n in range(count)])
    grants.add(np.arange(len(owner_of_slot)), numbers[owner_of_slot])
    denied = _denied(groups, measured, owner[denying], chance)
    grants.add(slot[denying], np.array([grants.number(name) for name in denied]), deny=True)
    return Organisation(
        name="denies",
        people=people,
        groups=groups,
        principals=list(grants.principals),
        grants=grants.done(),
        document=corpus.document,
        slot=slot,
        own=np.arange(len(owner_of_slot)) >= len(owner_of),
        subjects=subjects,
    )


def _denied(
    groups: Mapping[str, Sequence[str]],
    measured: Sequence[str],
    owner: NDArray[np.int32],
    chance: np.random.Generator,
) -> list[str]:
    """Whom each of the documents denies: a member of its owner, or the director."""
    director = measured[0]
    chosen = []
    for n in owner:
        members = [m for m in groups[f"dept-{n}"] if "@" in m]
        ours = [*(m for m in members if m in measured), director]
        others = [m for m in members if m not in measured]
        pick = ours if chance.random() < 0.5 or not others else others
        name = pick[int(chance.integers(len(pick)))]
        nested = name in measured and chance.random() < THROUGH_A_GROUP
        chosen.append(f"group:conflicts-{name}" if nested else name)
    return chosen
