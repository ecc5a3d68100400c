"""The same question about a paper where it exists and where it does not."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from app.domain.principal import Account
from app.domain.scope import By
from app.errors import NotFound
from evals.ground.company import Paper
from evals.ground.copies import ORIGINAL, Original
from evals.ground.ground import Ground
from evals.ground.platform import Platform
from evals.ground.replies import compared, lasting_ids
from evals.ground.visitor import visiting
from evals.suites.membership.probes import probes
from evals.suites.suite import Case
from evals.timing.pairs import Pairs, Work

K = 8
OPENED = 10
"""One of so many timed probes opens a document, which takes whole steps of time on purpose."""


@dataclass
class Seen:
    """`pairs` of replies were compared; `differ` counts by kind of probe those that are not the
    same. `times` are of all timed probes, the absent ones first."""

    pairs: int = 0
    differ: Counter[str] = field(default_factory=Counter)
    cases: list[Case] = field(default_factory=list)
    times: Pairs = field(default_factory=Pairs)
    by_kind: defaultdict[str, Pairs] = field(default_factory=lambda: defaultdict(Pairs))


@dataclass(frozen=True)
class Asking:
    """The papers of the first half exist in the first house only, those of the second half in the
    second only. Nobody who asks may read any of them."""

    ground: Ground
    chance: random.Random
    known: Original
    houses: tuple[Platform, Platform]
    halves: tuple[Sequence[Paper], Sequence[Paper]]

    @cached_property
    def _lasting(self) -> frozenset[str]:
        return lasting_ids(self.ground, ORIGINAL)

    async def compare(self, email: str, papers: int, seen: Seen) -> None:
        """All kinds of probes about so many papers of each half, byte for byte."""
        bird = self.known.bird
        async with (
            visiting(self.houses[0], email, bird) as one,
            visiting(self.houses[1], email, bird) as other,
        ):
            for paper in (p for half in self.halves for p in self._some(half, papers)):
                document = self.known.documents[paper.external_id]
                for kind, call in probes(self.chance, paper, document, email).items():
                    apart = compared(await one.send(call), await other.send(call), self._lasting)
                    if apart is None:
                        continue
                    seen.pairs += 1
                    if apart:
                        seen.differ[kind] += 1
                        seen.cases.append(Case(f"{email}, {kind}: {call.words}", apart))

    def _some(self, half: Sequence[Paper], count: int) -> list[Paper]:
        return self.chance.sample(half, min(count, len(half)))

    async def time(self, email: str, pairs: int, seen: Seen) -> None:
        """So many pairs of probes, without HTTP, which would only hide a difference. The vector of
        a question, which depends on it alone, is made before."""
        accounts = [await house.account(email) for house in self.houses]
        places = list(zip(self.houses, accounts, strict=True))
        works: defaultdict[str, list[tuple[Work, Work]]] = defaultdict(list)
        for n in range(pairs):
            there = self.chance.randrange(2)
            paper = self.chance.choice(self.halves[there])
            await self.houses[0].parts.searcher.query(paper.question)
            kind = "open" if n % OPENED == 0 else f"search by {self.chance.choice(list(By))}"
            absent, present = (self._probe(*places[at], paper, kind) for at in (1 - there, there))
            works[kind].append((absent, present))
        for kind, them in works.items():
            times = Pairs()
            await times.time(self.chance, them)
            for of in (seen.times, seen.by_kind[kind]):
                of.add(times)

    def _probe(self, house: Platform, account: Account, paper: Paper, kind: str) -> Work:
        if kind == "open":
            return lambda: _opened(house, account, self.known.documents[paper.external_id])
        by = By(kind.removeprefix("search by "))
        return lambda: house.parts.search.search(account, paper.question, K, by=by)


async def _opened(house: Platform, account: Account, document: UUID) -> None:
    with suppress(NotFound):
        await house.parts.search.open(account, document)
