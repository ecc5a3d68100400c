"""Whatever searches: the product, an index, another engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.domain.principal import Account
from evals.bench.organisation import Flags
from evals.bench.vectors import Numbers, Vectors

K = 10
"""How many of the nearest every contender is asked for."""


@dataclass(frozen=True)
class Asking:
    """Whom a query is asked as, in the terms of every contender.

    `readable` says of each chunk, `slots` of each slot of the organisation, whether the subject
    may read it; `marks` are those of the workload that another engine filters by.
    """

    workload: str
    account: Account
    readable: Flags
    slots: Flags
    marks: Sequence[int]


@dataclass(frozen=True, slots=True)
class Answer:
    """The chunks that were found, by number and best first, and the seconds that it took. For
    another engine `system` are the seconds with authorisation and text, None where the search
    itself contains them, and `authorised` are those of the chunks that came through."""

    chunks: tuple[int, ...]
    seconds: float
    system: float | None = None
    authorised: tuple[int, ...] = ()


class Contender(Protocol):
    """Searches on behalf of a subject."""

    @property
    def name(self) -> str:
        """What tables call it."""

    async def prepare(self, asking: Asking) -> None:
        """Whatever a service would have ready before this subject's next query; not timed."""

    async def search(self, asking: Asking, vector: Vectors) -> Answer:
        """The `K` nearest chunks that the subject may read, timed as a whole."""

    async def close(self) -> None:
        """Give back whatever is open."""


@dataclass(frozen=True, slots=True)
class Tables:
    """What an engine is filled with: the vectors and, by workload, the slot of each chunk and the
    marks that it is filtered by, a number or several."""

    vectors: Vectors
    slots: Mapping[str, Numbers]
    marks: Mapping[str, list[int] | list[list[int]]]
