"""Everybody asks for what they may not read: at the API in every way, and for answers."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from app.domain.scope import By
from evals.ground.company import Paper
from evals.ground.copies import Original
from evals.ground.platform import Platform
from evals.ground.visitor import Call, Visitor, visiting
from evals.suites.leakage import ways
from evals.suites.leakage.asking import WAYS, asked
from evals.suites.leakage.looking import Looking, Tally
from evals.suites.leakage.marks import Marks

_KS = (8, 8, 20, 50)
_WARMED = 4
"""One of so many questions is asked before by somebody who may have the answer."""


@dataclass(frozen=True)
class Rounds:
    """At one platform. `overseer` reads everything and goes before; `staff` are people with a role,
    to whom names and titles are told where they are records, but no contents."""

    chance: random.Random
    house: Platform
    known: Original
    papers: Sequence[Paper]
    overseer: Visitor
    staff: Sequence[str]

    @cached_property
    def marks(self) -> Marks:
        return Marks(self.papers)

    async def at_the_api(self, searches: int, documents: int, job: UUID, tally: Tally) -> None:
        """So many searches by each person, and all ways in about so many documents."""
        first = await self.overseer.send(ways.answered(2, self.papers[0].question))
        others = ways.Others.of(first.text)
        for email in self.known.people:
            async with self._looking(email, tally) as (looking, hidden):
                theirs = self.known.documents[self.chance.choice(hidden).external_id]
                for call in ways.everywhere(others, job, theirs):
                    await looking.send(call, "every place")
                for n, paper in enumerate(self.chance.sample(hidden, min(documents, len(hidden)))):
                    for call in ways.by_id(paper, self.known.documents[paper.external_id], email):
                        await looking.send(call, "by its id")
                    if n % 4 == 0:
                        for call in ways.errors(paper):
                            await looking.send(call, "errors")
                for n in range(searches):
                    way, words = self._asked(n, hidden)
                    call = ways.searched(
                        words, self.chance.choice(_KS), self.chance.choice(list(By))
                    )
                    await self._warm(n, call)
                    await looking.send(call, way)

    async def end_to_end(self, answers: int, tally: Tally) -> None:
        """So many answers, as many to each person as to any other."""
        people = self.known.people
        for nth, email in enumerate(people):
            async with self._looking(email, tally) as (looking, hidden):
                for n in range(nth, answers, len(people)):
                    way, words = self._asked(n // len(people) + nth, hidden)
                    call = ways.answered(self.chance.randrange(5), words)
                    await self._warm(n, call)
                    await looking.send(call, way)

    def _asked(self, n: int, hidden: Sequence[Paper]) -> tuple[str, str]:
        way = WAYS[n % len(WAYS)]
        return way, asked(self.chance, way, self.chance.choice(hidden), self.known.overseer)

    async def _warm(self, n: int, call: Call) -> None:
        if n % _WARMED == 0:
            await self.overseer.send(call)

    @asynccontextmanager
    async def _looking(
        self, email: str, tally: Tally
    ) -> AsyncIterator[tuple[Looking, Sequence[Paper]]]:
        hidden = [p for p in self.papers if not self.known.company.may_read(email, p)]
        forbidden = {paper.external_id for paper in hidden}
        async with visiting(self.house, email, self.known.bird) as visitor:
            yield Looking(visitor, self.marks, forbidden, email not in self.staff, tally), hidden


async def findable(house: Platform, known: Original, overseer: Visitor) -> list[Paper]:
    """The papers whose canary is found where it may be: any other would never be missed."""
    marks = Marks(known.company.papers)
    found = []
    for paper in known.company.papers:
        reply = await overseer.send(ways.read(known.documents[paper.external_id]))
        words = {mark.word for mark in marks.within(reply.text) if not mark.is_name}
        if words == set(paper.canary.split("-")):
            found.append(paper)
    return found
