"""Give documents to owners in such a way that an owner's documents are about the same things."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from evals.bench.organisation import Grants
from evals.bench.vectors import Corpus, Numbers

OWN_TOPICS = 0.8
"""The part of an owner's documents that is about its own topics; the rest is about anything."""
NEAR = 0.02
"""How far an owner's topics reach, of all topics in a row."""
FOLDER = 40
"""Documents in a container, at most."""


def zipf_sizes(total: int, kinds: int, exponent: float) -> Numbers:
    """`total` divided in Zipf sizes, largest first; where it is enough, each has one at least."""
    weights = 1 / np.arange(1, kinds + 1) ** exponent
    sizes = np.maximum(1, np.floor(total * weights / weights.sum())).astype(np.int32)
    excess = int(sizes.sum()) - total
    if excess > 0:  # taken from the largest, so that the small ones stay
        for n in range(kinds):
            taken = min(excess, int(sizes[n]) - 1)
            sizes[n] -= taken
            excess -= taken
        if excess > 0:
            sizes[total:] = 0
    else:
        sizes[0] -= excess
    return np.asarray(sizes, np.int32)


def owners(corpus: Corpus, sizes: Numbers, chance: np.random.Generator) -> Numbers:
    """The owner of each document: owner n gets `sizes[n]` of them (together all documents), most
    of them about its own topics."""
    favourite = chance.random(len(sizes))
    label = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    given = np.empty(corpus.documents, np.int32)
    by_document = np.argsort(_scattered(place_of(corpus), chance))
    by_label = np.argsort(_scattered(favourite[label], chance))
    given[by_document] = label[by_label]
    return given


def place_of(corpus: Corpus) -> NDArray[np.float64]:
    """Where each document stands in the row of topics, from 0 to 1."""
    first = np.searchsorted(corpus.document, np.arange(corpus.documents))
    return corpus.topic[first] / corpus.topics


def folders(owner: Numbers, most: int = FOLDER) -> tuple[Numbers, Numbers]:
    """Each owner's documents in containers of at most so many: the container of each document,
    and the owner of each container."""
    order = np.argsort(owner, kind="stable")
    sorted_owner = owner[order]
    starts = np.searchsorted(sorted_owner, sorted_owner)
    part = (np.arange(len(owner)) - starts) // most
    new = np.ones(len(owner), np.bool_)
    new[1:] = (sorted_owner[1:] != sorted_owner[:-1]) | (part[1:] != part[:-1])
    container = np.empty(len(owner), np.int32)
    container[order] = np.cumsum(new) - 1
    return container, sorted_owner[new]


def window(sizes: NDArray[np.int64], share: float, fewest: int, most: int) -> tuple[int, int]:
    """The run of owners (first, and one past the last), between `fewest` and `most` long, that
    holds as near as possible to a share of all."""
    total = np.concatenate([[0], np.cumsum(sizes)]) / max(1, sizes.sum())
    best, found = np.inf, (0, fewest)
    for length in range(min(fewest, len(sizes)), min(most, len(sizes)) + 1):
        held = total[length:] - total[:-length]
        off = np.abs(np.log(np.maximum(held, 1e-12) / share))
        at = int(np.argmin(off))
        # of equally near ones the longer: people are in many groups
        if off[at] <= best:
            best, found = float(off[at]), (at, at + length)
    return found


def gather(order: Sequence[int], sizes: NDArray[np.int64], wanted: int) -> list[int]:
    """Those of `order` that together hold `wanted`, or as near below as going once through gives;
    the smallest when none fits."""
    taken, left = [], wanted
    for one in order:
        if 0 < sizes[one] <= left:
            taken.append(one)
            left -= int(sizes[one])
    return taken or [min(order, key=lambda one: sizes[one] if sizes[one] else np.inf)]


@dataclass
class GrantList:
    """Grants as they are collected, by the principal's name."""

    principals: dict[str, int] = field(default_factory=dict)
    _slots: list[NDArray[np.int32]] = field(default_factory=list)
    _holders: list[NDArray[np.int32]] = field(default_factory=list)
    _denies: list[NDArray[np.bool_]] = field(default_factory=list)

    def number(self, principal: str) -> int:
        return self.principals.setdefault(principal, len(self.principals))

    def add(
        self,
        slots: NDArray[np.integer],
        holders: NDArray[np.integer] | str,
        *,
        deny: bool = False,
    ) -> None:
        """One grant for each slot, to the holder of the same place or to one for all."""
        if isinstance(holders, str):
            holders = np.full(len(slots), self.number(holders))
        self._slots.append(np.asarray(slots, np.int32))
        self._holders.append(np.asarray(holders, np.int32))
        self._denies.append(np.full(len(slots), deny))

    def done(self) -> Grants:
        """All of them, each once."""
        table = np.stack(
            [np.concatenate(part) for part in (self._slots, self._holders, self._denies)], axis=1
        )
        table = np.unique(table, axis=0)
        return Grants(
            table[:, 0].astype(np.int32), table[:, 1].astype(np.int32), table[:, 2].astype(np.bool_)
        )


def memberships(
    people: Sequence[str],
    groups: int,
    fewest: int,
    most: int,
    exponent: float,
    chance: np.random.Generator,
) -> list[list[str]]:
    """The members of each group, so that everybody is in between `fewest` and `most` groups,
    and large ones are joined more often."""
    weights = 1 / np.arange(1, groups + 1) ** exponent
    weights /= weights.sum()
    members: list[list[str]] = [[] for _ in range(groups)]
    for person in people:
        count = min(groups, int(chance.integers(fewest, most + 1)))
        for group in set(chance.choice(groups, count, p=weights)):
            members[int(group)].append(person)
    return members


def _scattered(places: NDArray[np.float64], chance: np.random.Generator) -> NDArray[np.float64]:
    near = places + NEAR * chance.standard_normal(len(places))
    return np.where(chance.random(len(places)) < OWN_TOPICS, near, chance.random(len(places)))
