"""The compact codes: what is readable and near is proposed, and nothing else shapes it."""

from __future__ import annotations

import asyncio
import random
from uuid import UUID, uuid4

import numpy as np
import pytest
from numpy.typing import NDArray

from app.db.codes import CodeRows
from app.domain.scope import SlotSet
from app.retrieval.codes import LevelCodes
from app.retrieval.propose import LOOKED_AT_AGAIN, propose

Held = dict[UUID, tuple[int, bytes]]
"""Chunks with their slot and code, as a plain dictionary."""


def rows_of(held: Held) -> CodeRows:
    ids = b"".join(id_.bytes for id_ in held)
    slots = np.array([slot for slot, _ in held.values()], np.int32)
    codes = np.frombuffer(b"".join(code for _, code in held.values()), np.uint8)
    size = len(next(iter(held.values()))[1]) if held else 48
    return CodeRows(np.frombuffer(ids, "V16").copy(), slots, codes.reshape(len(held), size).copy())


def slot_set(slots: set[int], size: int = 64) -> SlotSet:
    return SlotSet.of("".join("01"[slot in slots] for slot in range(size)))


def random_rows(chance: random.Random, count: int, dimensions: int) -> Held:
    size = -(-dimensions // 8)
    return {
        UUID(int=chance.getrandbits(128)): (chance.randrange(1, 20), chance.randbytes(size))
        for _ in range(count)
    }


def signs(vector: list[float]) -> bytes:
    return np.packbits(np.asarray(vector) > 0).tobytes()


def nearest_by_hand(held: Held, readable: set[int], vector: list[float], most: int) -> set[UUID]:
    """First those whose code differs in fewest bits, then of these the ones whose signs go best
    with the vector's components; with each, all that are as near as the last."""
    query = int.from_bytes(signs(vector))
    allowed = {id_: code for id_, (slot, code) in held.items() if slot in readable}
    near = first(
        {id_: (int.from_bytes(code) ^ query).bit_count() for id_, code in allowed.items()},
        LOOKED_AT_AGAIN * most,
    )
    components = np.asarray(vector, np.float32)
    return first(
        {
            id_: -float((_spread(allowed[id_], len(vector)) * components).sum(dtype=np.float64))
            for id_ in near
        },
        most,
    )


def _spread(code: bytes, dimensions: int) -> NDArray[np.floating]:
    return np.unpackbits(np.frombuffer(code, np.uint8))[:dimensions] * 2.0 - 1


def first(values: dict[UUID, float], most: int) -> set[UUID]:
    if len(values) <= most:
        return set(values)
    last = sorted(values.values())[most - 1]
    return {id_ for id_, value in values.items() if value <= last + 1e-5}


def proposed(
    codes: LevelCodes, readable: set[int], vector: list[float], most: int, size: int = 64
) -> set[UUID]:
    found = list(
        propose({"internal": codes}, {"internal": slot_set(readable, size)}, vector, most).ids.get(
            "internal", ()
        )
    )
    assert len(found) == len(set(found))
    return set(found)


@pytest.mark.parametrize("dimensions", [384, 100, 64, 8])
@pytest.mark.parametrize("most", [1, 10, 1000])
@pytest.mark.parametrize("size", [64, 4096])
def test_what_is_proposed_is_what_is_nearest_by_hand(dimensions: int, most: int, size: int) -> None:
    chance = random.Random(dimensions)
    # codes as Postgres writes them: past the last dimension there are zeros
    held = {
        id_: (slot, signs([chance.uniform(-1, 1) for _ in range(dimensions)]))
        for id_, (slot, _) in random_rows(chance, 300, dimensions).items()
    }
    codes = LevelCodes(rows_of(held))
    for share in (0, 1, 5, 19):
        readable = set(chance.sample(range(1, 20), share))
        # more slots than are named one by one, or few
        unused = set(range(100, size)) if share else set()
        vector = [chance.uniform(-1, 1) for _ in range(dimensions)]
        found = proposed(codes, readable | unused, vector, most, size)
        assert found == nearest_by_hand(held, readable, vector, most)


def test_what_may_not_be_read_shapes_nothing() -> None:
    """The proposals are those on the corpus without it, over several classifications."""
    chance = random.Random(7)
    everything = {level: random_rows(chance, 400, 384) for level in ("internal", "confidential")}
    for _ in range(20):
        readable = set(chance.sample(range(1, 20), chance.randint(0, 19)))
        vector = [chance.uniform(-1, 1) for _ in range(384)]
        with_all, without = (
            {
                level: set(ids)
                for level, ids in propose(
                    {level: LevelCodes(rows_of(held)) for level, held in corpus.items()},
                    dict.fromkeys(corpus, slot_set(readable)), vector, 30,
                ).ids.items()
            }
            for corpus in (
                everything,
                {
                    level: {id_: row for id_, row in held.items() if row[0] in readable}
                    for level, held in everything.items()
                },
            )
        )  # fmt: skip
        assert with_all == without


@pytest.mark.parametrize("size", [64, 4096])
def test_a_slot_newer_than_the_scope_is_not_readable(size: int) -> None:
    held: Held = {uuid4(): (5_000, bytes(48)), uuid4(): (3, bytes(48))}
    readable = {3, *(range(100, size) if size > 64 else ())}
    found = proposed(LevelCodes(rows_of(held)), readable, [0.0] * 384, 10, size)
    assert found == {id_ for id_, (slot, _) in held.items() if slot == 3}


@pytest.mark.parametrize("size", [64, 4096])
def test_changes_leave_what_a_fresh_reading_would_hold(size: int) -> None:
    chance = random.Random(3)
    held = random_rows(chance, 500, 64)
    codes = LevelCodes(rows_of(held))
    for _ in range(60):
        added = random_rows(chance, chance.choice((0, 1, 90)), 64)
        gone = set(chance.sample(sorted(held), chance.randint(0, 20)))
        moved = set(chance.sample(sorted(held), chance.randint(0, 20))) - gone
        held |= added
        held |= {id_: (chance.randrange(1, 20), held[id_][1]) for id_ in moved}
        held = {id_: row for id_, row in held.items() if id_ not in gone}
        changed = {*added, *gone, *moved, uuid4()}
        codes.change(list(changed), rows_of({id_: held[id_] for id_ in changed & held.keys()}))

        readable = set(chance.sample(range(1, 20), 9))
        unused = set(range(100, size))
        vector = [chance.uniform(-1, 1) for _ in range(64)]
        found = proposed(codes, readable | unused, vector, 40, size)
        assert found == nearest_by_hand(held, readable, vector, 40)
    assert len(codes.rows.ids) < 2 * len(held) + 3_000, "what is gone makes room again"


async def test_searches_while_codes_change_find_what_stays() -> None:
    """Rows come, go, move and are sorted anew beside it; what nobody touches is always there."""
    chance = random.Random(11)
    stays, held = random_rows(chance, 50, 64), random_rows(chance, 2_000, 64)
    codes = LevelCodes(rows_of(stays | held))
    ended = False

    def search() -> int:
        rounds = 0
        while not ended:
            found = proposed(codes, set(range(1, 20)), [0.5] * 64, 10_000)
            assert stays.keys() <= found
            rounds += 1
        return rounds

    searching = asyncio.create_task(asyncio.to_thread(search))
    for _ in range(150):
        changed = {**random_rows(chance, 30, 64), **dict.fromkeys(chance.sample(sorted(held), 40))}
        held |= {id_: (chance.randrange(1, 20), bytes(8)) for id_ in changed}
        await asyncio.to_thread(codes.change, list(changed), rows_of({i: held[i] for i in changed}))
    ended = True
    assert await searching > 10
