"""Which indexes a search uses and which are due, decided from counted sizes."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import numpy as np
import pytest

from app.db.audiences import Audience, Held, Slots
from app.domain.principal import Account, Role, Subject
from app.domain.scope import Scope, SlotSet
from app.retrieval.keep import due
from app.retrieval.plan import chosen, left

LEVEL = "internal"
SPACE = 256


def slots(ids: dict[int, int]) -> Slots:
    return Slots(np.array(sorted(ids), np.int64), np.array([ids[n] for n in sorted(ids)], np.int64))


def audience(id_: int, ids: dict[int, int], level: str = LEVEL, principal: int = 0) -> Audience:
    of = slots(ids)
    return Audience(id_, principal or id_, f"group:g{id_}", level, "ready", of, of.packed)


def held(principal: int, ids: dict[int, int]) -> Held:
    return Held(principal, f"group:g{principal}", slots(ids))


def scope_of(readable: set[int], *levels: str) -> Scope:
    account = Account(1, "ann@plan.example", "Ann", Role.EMPLOYEE)
    bits = SlotSet.of("".join("01"[n in readable] for n in range(SPACE)))
    subject = Subject(account, frozenset(), frozenset(), 0)
    return Scope(subject, 1, "search", levels or (LEVEL,), bits, 1, datetime.now(UTC))


def test_an_index_is_used_only_where_all_of_it_may_be_read() -> None:
    one = audience(1, {1: 60, 2: 60})
    assert chosen(scope_of({1, 2, 3}), [one], 100) == (one,)
    assert chosen(scope_of({1, 3}), [one], 100) == ()
    assert chosen(scope_of({1, 2, 3}, "public"), [one], 100) == ()


@pytest.mark.parametrize(("chunks", "used"), [(89, False), (90, True)])
def test_a_small_index_is_not_worth_it(chunks: int, used: bool) -> None:
    assert bool(chosen(scope_of({1}), [audience(1, {1: chunks})], 100)) == used


def test_the_largest_comes_first_and_another_only_for_what_it_adds() -> None:
    whole = audience(1, {1: 100, 2: 100, 3: 100})
    inside = audience(2, {1: 100, 2: 100})
    beside = audience(3, {3: 100, 4: 95})
    apart = audience(4, {5: 100}, "public")
    scope = scope_of(set(range(SPACE)), LEVEL, "public")
    assert chosen(scope, [inside, beside, whole, apart], 95) == (whole, beside, apart)
    assert chosen(scope, [inside, beside, whole, apart], 120) == (whole,)
    assert left(scope.slots, (whole, beside, apart), LEVEL).count == SPACE - 4
    assert left(scope.slots, (whole, beside, apart), "public").count == SPACE - 1


def test_what_is_searched_by_index_and_what_is_left_are_all_that_is_readable() -> None:
    chance = random.Random(5)
    for _ in range(200):
        readable = set(chance.sample(range(1, SPACE), chance.randint(0, SPACE - 1)))
        some = sorted(readable | {255})
        kept = [
            audience(n, {s: chance.randint(0, 40) for s in chance.sample(some, len(some) // 3 + 1)})
            for n in range(1, 6)
        ]
        scope = scope_of(readable)
        used = chosen(scope, kept, 100)
        by_index = {int(slot) for one in used for slot in one.slots.ids}
        rest = left(scope.slots, used, LEVEL)
        by_codes = {slot for slot in range(SPACE) if slot in rest}
        assert by_index <= readable
        assert (by_index | by_codes, by_index & by_codes) == (readable, set())
        assert rest.count == len(by_codes)
        assert rest.few == tuple(sorted(by_codes))


def test_slots_newer_than_a_scope_are_not_readable() -> None:
    of = SlotSet.of("1" * 64)
    assert of.holds(slots({3: 1}).packed)
    assert not of.holds(slots({3: 1, 64: 1}).packed)
    assert of.without(slots({3: 1, 64: 1}).packed).count == 63
    assert SlotSet.of("").without(b"\xff").count == 0


def done(kept: list[Audience], now: list[Held], threshold: int = 100) -> list[list[int]]:
    what = due(kept, now, threshold)
    return [
        [one.id for one in what.first],
        [one.id for one, _ in what.counted],
        [one.principal_id for one in what.made],
        [one.id for one in what.last],
    ]


def test_what_is_due() -> None:
    one = audience(7, {1: 60, 2: 60}, principal=1)
    assert done([], [held(1, {1: 99})]) == [[], [], [], []]
    assert done([], [held(1, {1: 100})]) == [[], [], [1], []]
    assert done([one], [held(1, {1: 60, 2: 60})]) == [[], [7], [], []]
    assert done([one], [held(1, {1: 90, 2: 0})]) == [[], [7], [], []], "a slot may be empty"
    assert done([one], [held(1, {1: 89, 2: 0})]) == [[7], [], [], []], "shrunk"
    assert done([one], [held(1, {1: 60, 2: 60, 3: 13})]) == [[], [7], [], []]
    assert done([one], [held(1, {1: 60, 2: 60, 3: 14})]) == [[], [], [1], [7]], "grown"
    assert done([one], [held(1, {1: 95, 3: 0})]) == [[7], [], [1], []], "a slot was closed"
    assert done([one], []) == [[7], [], [], []]


def test_one_index_serves_equal_audiences_and_is_not_kept_twice() -> None:
    both = [held(1, {1: 120, 2: 0}), held(2, {1: 120})]
    assert done([], both) == [[], [], [1], []]
    assert done([audience(7, {1: 120}, principal=1)], both) == [[], [7], [], []]
    twice = [audience(7, {1: 120}, principal=1), audience(8, {1: 120}, principal=1)]
    assert done(twice, both) == [[], [8], [], [7]]
