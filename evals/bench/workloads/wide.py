"""Wide: everyone on the staff reads almost all.

Of the folders a few are the board's; all others are open to the staff. Whoever reads less is no
member of it: contractors, who were let into single folders.
"""

from __future__ import annotations

import numpy as np

from evals.bench.options import SHARES
from evals.bench.organisation import Organisation, Wanted
from evals.bench.vectors import Corpus, Numbers
from evals.bench.workloads.placing import GrantList, gather, owners

OPEN = 0.98
"""The part of all documents that the staff reads."""


def wide(corpus: Corpus, chance: np.random.Generator) -> Organisation:
    sizes = _folder_sizes(corpus.documents, chance)
    folder = owners(corpus, sizes, chance)
    chunks = np.bincount(folder[corpus.document], minlength=len(sizes))
    order = chance.permutation(len(sizes))
    closed = np.zeros(len(sizes), np.bool_)
    closed[gather(order.tolist(), chunks, int((1 - OPEN) * corpus.chunks))] = True
    people = [f"person-{n}@bench.example" for n in range(500)]
    grants = GrantList()
    grants.add(np.flatnonzero(~closed), "group:staff")
    grants.add(np.arange(len(sizes)), "group:board")
    subjects = [Wanted("staff@bench.example", SHARES[0])]
    for share in SHARES[1:]:
        person = Wanted(f"contractor-{share:g}@bench.example", share)
        subjects.append(person)
        near = _near_one(corpus, folder, len(sizes), chance)
        let_in = gather(near, chunks, round(share * corpus.chunks))
        grants.add(np.array(let_in), person.email)
    return Organisation(
        name="wide",
        people=[*people, *(person.email for person in subjects)],
        groups={"staff": [*people, subjects[0].email, "group:board"], "board": people[:8]},
        principals=list(grants.principals),
        grants=grants.done(),
        document=corpus.document,
        slot=folder,
        own=np.zeros(len(sizes), np.bool_),
        subjects=subjects,
    )


def _folder_sizes(documents: int, chance: np.random.Generator) -> Numbers:
    """Folders of 1 to 100 documents, as many small as large ones."""
    sizes = np.exp(chance.random(documents) * np.log(100)).astype(np.int32)
    count = int(np.searchsorted(np.cumsum(sizes), documents)) + 1
    sizes = sizes[:count]
    sizes[-1] -= int(sizes.sum()) - documents
    return np.asarray(sizes, np.int32)


def _near_one(
    corpus: Corpus,
    folder: Numbers,
    count: int,
    chance: np.random.Generator,
) -> list[int]:
    """All folders, in the order of how near their topics are to those of one."""
    total = np.bincount(folder[corpus.document], corpus.topic, count)
    place = total / np.maximum(1, np.bincount(folder[corpus.document], minlength=count))
    distance = np.abs(place - place[chance.integers(count)]) / corpus.topics
    order: list[int] = np.argsort(distance + 0.1 * chance.random(count)).tolist()
    return order
