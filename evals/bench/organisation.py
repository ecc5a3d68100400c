"""An organisation: who belongs to what, who may read which slot, and where documents stand.

`readable` works out what somebody may read from these lists alone. It shares no code and no table
with the product, so the shares, the exact results and what counts as forbidden come from here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from evals.bench.vectors import Numbers

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Somebody who is measured, and the share of all chunks that they were meant to read."""

    email: str
    share: float


@dataclass(frozen=True, slots=True)
class Grants:
    """Parallel arrays, one entry a grant: its slot, the place of its principal in the
    organisation's `principals`, and whether it denies."""

    slot: Numbers
    principal: Numbers
    deny: Flags


@dataclass(frozen=True)
class Organisation:
    """`groups` maps a group's key to its members, as a directory writes them. `document` is the
    document of each chunk, `slot` the slot of each document, both numbered from 0; `own` says of
    each slot that it is an ACL of a document's own rather than a container's."""

    name: str
    people: Sequence[str]
    groups: Mapping[str, Sequence[str]]
    principals: Sequence[str]
    grants: Grants
    document: Numbers
    slot: Numbers
    own: Flags
    subjects: Sequence[Wanted]

    @property
    def slots(self) -> int:
        return len(self.own)

    @cached_property
    def slot_of_chunk(self) -> Numbers:
        return self.slot[self.document]

    @cached_property
    def _holders(self) -> Mapping[str, Sequence[str]]:
        """For each member the groups that name it."""
        holders: dict[str, list[str]] = defaultdict(list)
        for key, members in self.groups.items():
            for member in members:
                holders[member].append(f"group:{key}")
        return holders

    def held(self, email: str) -> set[str]:
        """Every principal that a person holds: themselves, everyone, public, all groups, nested."""
        held, left = {"everyone", "public"}, [email]
        while left:
            name = left.pop()
            if name not in held:
                held.add(name)
                left.extend(self._holders.get(name, ()))
        return held

    def readable(self, email: str) -> Flags:
        """Of each slot, whether the person may read it: some grant allows it and none denies."""
        held = self.held(email)
        holds = np.array([name in held for name in self.principals])[self.grants.principal]
        allowed = np.zeros(self.slots, np.bool_)
        allowed[self.grants.slot[holds & ~self.grants.deny]] = True
        allowed[self.grants.slot[holds & self.grants.deny]] = False
        return allowed

    @property
    def by_reader(self) -> bool:
        """Whether other engines had better filter by who is allowed than by slot: where nearly
        every document has a slot of its own, and nothing is denied."""
        return bool(self.own.all()) and not self.grants.deny.any()

    def marks(self) -> list[int] | list[list[int]]:
        """What another engine keeps with each chunk to filter by: its slot, or the places of the
        principals whom it is allowed to."""
        if not self.by_reader:
            slots: list[int] = self.slot_of_chunk.tolist()
            return slots
        of_slot: list[list[int]] = [[] for _ in range(self.slots)]
        for slot, principal in zip(
            self.grants.slot.tolist(), self.grants.principal.tolist(), strict=True
        ):
            of_slot[slot].append(principal)
        return [of_slot[slot] for slot in self.slot_of_chunk.tolist()]

    def marks_of(self, email: str) -> list[int]:
        """The marks of what a person may read."""
        if self.by_reader:
            held = self.held(email)
            return [n for n, name in enumerate(self.principals) if name in held]
        readable: list[int] = np.flatnonzero(self.readable(email)).tolist()
        return readable

    def readable_chunks(self, email: str) -> Flags:
        return self.readable(email)[self.slot_of_chunk]
