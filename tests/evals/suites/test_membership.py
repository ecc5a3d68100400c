"""A paper that exists cannot be told from one that does not, unless a guard is gone."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from evals.ground.copies import Original, copied
from evals.ground.ground import Ground
from evals.mutants.catalogue.reading import REFUSING_WHAT_EXISTS, SLOWER_TO_OPEN
from evals.suites.membership import hidden_from
from evals.suites.membership.asking import Asking, Seen
from evals.suites.membership.told import at_most

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
async def asking(ground: Ground, known: Original) -> AsyncIterator[Asking]:
    hidden = hidden_from(known.company, known.people[:2])
    halves = hidden[::2], hidden[1::2]
    async with (
        copied(ground, "test_one", without=halves[1]) as one,
        copied(ground, "test_other", without=halves[0]) as other,
    ):
        yield Asking(ground, ground.chance("test"), known, (one, other), halves)


async def test_replies_are_the_same_as_the_product_is(asking: Asking) -> None:
    seen = Seen()
    await asking.compare(asking.known.people[0], 1, seen)
    assert seen.cases == []
    assert seen.pairs >= 20


async def test_a_refusal_is_told_from_an_absence(asking: Asking) -> None:
    seen = Seen()
    with REFUSING_WHAT_EXISTS.planted():
        await asking.compare(asking.known.people[1], 1, seen)
    assert set(seen.differ) == {"open", "open a page"}
    assert at_most("told", sum(seen.differ.values()), seen.pairs).high > 0.53


async def test_time_spent_on_what_exists_is_told(asking: Asking) -> None:
    seen = Seen()
    with SLOWER_TO_OPEN.planted():
        await asking.time(asking.known.people[0], 200, seen)
    assert len(seen.times.one) == 200
    assert seen.by_kind["open"].told_apart("time").low > 0.6


def test_the_bound_is_that_of_equal_distributions_but_for_a_share() -> None:
    none, all_ = at_most("told", 0, 200), at_most("told", 200, 200)
    assert (none.value, none.low) == (0.5, 0.5)
    assert 0.51 < none.high < 0.53
    assert (all_.value, all_.high) == (1.0, 1.0)
    assert at_most("told", 100, 200).value == pytest.approx(0.875)
