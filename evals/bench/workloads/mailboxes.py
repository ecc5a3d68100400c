"""Mailboxes: nearly every document has an ACL of its own.

A document is one chunk, a mail. It may be read by the owner of the mailbox, by whom it was written
to, and by the archive, whose keeper reads everything. One mail in twenty belongs to the thread of
the one before and shares its ACL. The people who are measured took part in 30 % of all mails and
less: at 200,000 mails the first of them holds 60,000.
"""

from __future__ import annotations

import numpy as np

from evals.bench.options import SHARES
from evals.bench.organisation import Organisation, Wanted
from evals.bench.vectors import Corpus
from evals.bench.workloads.placing import GrantList, place_of

IN_THREADS = 0.05
MAILS_A_PERSON = 400
SPREAD = 0.25
"""How far a person's mails scatter around their topics, of all topics in a row."""


def mailboxes(corpus: Corpus, chance: np.random.Generator) -> Organisation:
    mails = corpus.chunks
    new = chance.random(mails) >= IN_THREADS
    new[0] = True
    slot = (np.cumsum(new) - 1).astype(np.int32)
    threads = int(slot[-1]) + 1
    first = np.flatnonzero(new)
    size = np.bincount(slot)

    people = [f"person-{n}@bench.example" for n in range(max(50, mails // MAILS_A_PERSON))]
    grants = GrantList()
    numbers = np.array([grants.number(name) for name in people])
    weights = 1 / np.arange(1, len(people) + 1) ** 0.7
    weights /= weights.sum()
    every = np.arange(threads)
    grants.add(every, numbers[chance.choice(len(people), threads, p=weights)])
    written = np.flatnonzero(chance.random(threads) < 0.5)
    grants.add(written, numbers[chance.choice(len(people), len(written), p=weights)])
    grants.add(every, "group:archive")

    place = place_of(corpus)[corpus.document][first]
    subjects = [Wanted("keeper@bench.example", SHARES[0])]
    for share in SHARES[1:]:
        person = Wanted(f"reads-{share:g}@bench.example", share)
        subjects.append(person)
        distance = np.abs(place - chance.random()) + SPREAD * chance.random(threads)
        order = np.argsort(distance)
        enough = int(np.searchsorted(np.cumsum(size[order]), share * mails)) + 1
        grants.add(order[:enough], person.email)
    return Organisation(
        name="mailboxes",
        people=[*people, *(person.email for person in subjects)],
        groups={"archive": [subjects[0].email]},
        principals=list(grants.principals),
        grants=grants.done(),
        document=np.arange(mails, dtype=np.int32),
        slot=slot,
        own=np.ones(threads, np.bool_),
        subjects=subjects,
    )
