"""Equal corpora look equal; what depends on a forbidden paper is seen, and so is the time of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from evals.ground.copies import ORIGINAL, Original, copied
from evals.ground.ground import Ground
from evals.ground.platform import Platform
from evals.ground.replies import compared, lasting_ids
from evals.ground.visitor import Call, Reply
from evals.mutants.catalogue.reading import (
    EVERYTHING_COUNTED,
    REFUSING_WHAT_EXISTS,
    SLOWER_WITH_MORE,
)
from evals.suites.non_interference import searches
from evals.suites.non_interference.comparing import Seen, compare
from evals.suites.non_interference.looks import looks
from evals.timing.pairs import Pairs

pytestmark = pytest.mark.integration


@dataclass
class Two:
    """The same person at the whole corpus and at the one without what they may not read."""

    ground: Ground
    known: Original
    email: str
    whole: Platform
    less: Platform
    papers: int = field(default=1)

    async def seen(self) -> Seen:
        chance = self.ground.chance("test")
        known, seen = self.known, Seen()
        calls = looks(chance, known.company, known.documents, self.email, self.papers)
        lasting = lasting_ids(self.ground, ORIGINAL)
        await compare(known, self.whole, self.less, self.email, calls, lasting, seen)
        return seen

    async def times(self, pairs: int) -> Pairs:
        asked = [p.question for p in self.known.company.forbidden(self.email)] * pairs
        times = Pairs()
        works = await searches(self.less, self.whole, self.email, asked[:pairs])
        await times.time(self.ground.chance("times"), works)
        return times


@pytest.fixture(scope="module")
async def two(ground: Ground, known: Original) -> AsyncIterator[Two]:
    email = known.people[0]
    forbidden = known.company.forbidden(email)
    async with (
        copied(ground, "test_whole") as whole,
        copied(ground, "test_less", without=forbidden) as less,
    ):
        yield Two(ground, known, email, whole, less)


async def test_the_same_is_seen_as_the_product_is(two: Two) -> None:
    seen = await two.seen()
    assert seen.cases == []
    assert seen.looks > 50


async def test_another_status_for_what_exists_is_seen(two: Two) -> None:
    with REFUSING_WHAT_EXISTS.planted():
        assert any("GET /documents/" in case.of for case in (await two.seen()).cases)


async def test_a_figure_that_counts_everything_is_seen(two: Two) -> None:
    with EVERYTHING_COUNTED.planted():
        assert any("POST /api/v1/search" in case.of for case in (await two.seen()).cases)


async def test_a_search_that_takes_longer_is_told_apart(two: Two) -> None:
    with SLOWER_WITH_MORE.planted():
        assert (await two.times(60)).told_apart("time").low > 0.7


def test_ids_of_requests_and_times_are_no_difference() -> None:
    first, second, kept = (f"{n}0000000-0000-4000-8000-000000000000" for n in range(3))
    one, other = (
        Reply(200, {"date": now}, f'{{"id":"{id_}","again":"{id_}","doc":"{kept}"}}', (), 0.0)
        for now, id_ in (("now", first), ("then", second))
    )
    assert compared(one, other, {kept}) == ""
    assert compared(one, other, {kept, first, second}) != ""
    twisted = Reply(200, {}, other.text.replace(kept, second), (), 0.0)
    assert compared(one, twisted, {kept}) != ""


def test_a_broken_service_says_nothing() -> None:
    broken, sound = (Reply(status, {}, "", (), 0.0) for status in (503, 200))
    assert compared(broken, broken, ()) is None
    assert compared(broken, sound, ()) != ""


def test_what_a_person_wrote_is_in_the_words_of_the_call() -> None:
    call = Call("POST", "/api/v1/search?a=%2F", {"query": "der Schlüssel"})
    assert "der Schlüssel" in call.words
    assert "a=/" in call.words
