"""Who asks what: subjects with counted shares, and queries inside and outside their topics."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select

from app.authn.accounts import find_account
from app.authz.reading import reading
from app.authz.scope import ScopeResolver
from app.db.levels import chunk_table
from app.errors import EnforcementBroken
from evals.bench.contender import Asking
from evals.bench.organisation import Flags, Organisation, Wanted
from evals.bench.vectors import Corpus, Vectors, questions
from evals.bench.whole import PURPOSE

FOREIGN = 0.1
"""The topics in which a subject reads least, until they hold this share of all chunks, are
outside its own."""


@dataclass(frozen=True)
class Questions:
    """Queries of shape (n, 384); `inside` says of each whether it is about the subject's own
    topics. For somebody who reads everything there is no outside, and both are alike."""

    vectors: Vectors
    inside: NDArray[np.bool_]


async def subject(
    resolver: ScopeResolver, organisation: Organisation, number: int, slots: NDArray[np.int32]
) -> Asking:
    """A subject of the organisation, whose readable chunks were counted twice.

    `slots` are the product's ids of the organisation's slots. Raises EnforcementBroken when the
    database shows somebody other chunks than the organisation's own lists say.
    """
    wanted: Wanted = organisation.subjects[number]
    readable = organisation.readable(wanted.email)
    account = await find_account(resolver.database, wanted.email)
    scope = await resolver.resolve(account, PURPOSE)
    of_slot = readable[organisation.slot_of_chunk]
    shown = 0
    async with reading(resolver.database, scope) as read:
        for level in scope.classifications:
            statement = select(func.count()).select_from(chunk_table(level))
            shown += await read.connection.scalar(statement) or 0
    in_scope = np.array([int(slot) in scope.slots for slot in slots])
    if shown != of_slot.sum() or not np.array_equal(in_scope, readable):
        raise EnforcementBroken(
            f"{organisation.name}: the database shows {wanted.email} {shown} chunks, and by the"
            f" organisation's lists it is {of_slot.sum()}"
        )
    marks = organisation.marks_of(wanted.email)
    return Asking(organisation.name, account, of_slot, readable, marks)


def ask(corpus: Corpus, readable: Flags, count: int, chance: np.random.Generator) -> Questions:
    """`count` queries of a subject, half of them inside its own topics, in mixed order."""
    every = np.bincount(corpus.topic, minlength=corpus.topics)
    read = np.bincount(corpus.topic[readable], minlength=corpus.topics)
    part = read / np.maximum(1, every)
    own = part[corpus.topic] >= readable.mean()
    order = np.argsort(part + 1e-9 * chance.random(len(part)))
    enough = int(np.searchsorted(np.cumsum(every[order]), FOREIGN * corpus.chunks)) + 1
    foreign = np.isin(corpus.topic, order[:enough])
    inside = count // 2
    about = np.concatenate(
        [
            _some(np.flatnonzero(readable & own), inside, chance),
            _some(np.flatnonzero(foreign), count - inside, chance),
        ]
    )
    mixed = chance.permutation(count)
    return Questions(questions(corpus, about[mixed], chance), mixed < inside)


def _some(chunks: NDArray[np.int64], count: int, chance: np.random.Generator) -> NDArray[np.int64]:
    return np.asarray(chance.choice(chunks, count, replace=len(chunks) < count), np.int64)
