"""The compact codes: what is readable and near is proposed, and nothing else shapes it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from uuid import UUID, uuid4

import numpy as np
import pytest
from numpy.typing import NDArray

from app.db.codes import CodeRows
from app.domain.scope import SlotSet
from app.retrieval.codes import LevelCodes
from app.retrieval.propose import looked_at_again, propose, proposed

Held = dict[UUID, tuple[int, bytes, bytes]]
"""Chunks with their slot and both codes, as a plain dictionary."""


def rows_of(held: Held) -> CodeRows:
    ids = np.frombuffer(b"".join(id_.bytes for id_ in held), "V16").copy()
    slots = np.array([slot for slot, _, _ in held.values()], np.int32)
    size = len(next(iter(held.values()))[1]) if held else 48
    signs = b"".join(code for _, code, _ in held.values())
    large = b"".join(code for _, _, code in held.values())
    return CodeRows(
        ids,
        slots,
        np.frombuffer(signs, np.uint8).reshape(len(held), size).copy(),
        np.frombuffer(large, np.uint8).reshape(len(held), size).copy(),
    )


def slot_set(slots: set[int], size: int = 64) -> SlotSet:
    return SlotSet.of("".join("01"[slot in slots] for slot in range(size)))


def random_rows(chance: random.Random, count: int, dimensions: int) -> Held:
    size = -(-dimensions // 8)
    return {
        UUID(int=chance.getrandbits(128)): (
            chance.randrange(1, 20), chance.randbytes(size), chance.randbytes(size)
        )
        for _ in range(count)
    }  # fmt: skip


def bits(flags: list[bool]) -> bytes:
    return np.packbits(flags).tobytes()


def nearest_by_hand(
    held: Held, readable: set[int], vector: list[float], most: int, rounded: float
) -> set[UUID]:
    """First those whose signs differ in fewest places, then of these the ones whose codes stand for
    the nearest vectors; with each, all that are as near as the last. `rounded` is added to what is
    the least nearness, as arithmetic may be off by so much."""
    query = int.from_bytes(bits([x > 0 for x in vector]))
    allowed = {id_: row for id_, row in held.items() if row[0] in readable}
    differ = {id_: (int.from_bytes(row[1]) ^ query).bit_count() for id_, row in allowed.items()}
    near = {
        id_: -_cosine(meant(*allowed[id_][1:], len(vector)), vector)
        for id_ in first(differ, looked_at_again(most, len(allowed)), 0)
    }
    return first(near, proposed(most, len(allowed)), rounded)


def is_nearest(
    found: set[UUID], held: Held, readable: set[int], vector: list[float], most: int
) -> bool:
    surely, perhaps = (
        nearest_by_hand(held, readable, vector, most, rounded) for rounded in (-1e-6, 1e-6)
    )
    return surely <= found <= perhaps


def meant(signs: bytes, large: bytes, dimensions: int) -> NDArray[np.floating]:
    """The vector that two codes stand for."""
    sign, far = (
        np.unpackbits(np.frombuffer(code, np.uint8))[:dimensions] for code in (signs, large)
    )
    return (sign * 2.0 - 1) * np.where(far, 1.510, 0.4528)


def _cosine(one: NDArray[np.floating], other: list[float]) -> float:
    lengths = np.linalg.norm(one) * np.linalg.norm(other)
    return float(one @ np.asarray(other, np.float32) / lengths) if lengths else 0.0


def first(values: Mapping[UUID, float], most: int, rounded: float) -> set[UUID]:
    if len(values) <= most:
        return set(values)
    last = sorted(values.values())[most - 1]
    return {id_ for id_, value in values.items() if value <= last + rounded}


def proposals(
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
    def code() -> bytes:
        return bits([chance.random() < 0.5 for _ in range(dimensions)])

    held: Held = {
        id_: (slot, code(), code())
        for id_, (slot, _, _) in random_rows(chance, 300, dimensions).items()
    }
    codes = LevelCodes(rows_of(held))
    for share in (0, 1, 5, 19):
        readable = set(chance.sample(range(1, 20), share))
        # more slots than are named one by one, or few
        unused = set(range(100, size)) if share else set()
        vector = [chance.uniform(-1, 1) for _ in range(dimensions)]
        found = proposals(codes, readable | unused, vector, most, size)
        assert is_nearest(found, held, readable, vector, most)


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
                    {level: half_sorted(held) for level, held in corpus.items()},
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


def half_sorted(held: Held) -> LevelCodes:
    """Every other chunk came after the rows were sorted."""
    codes = LevelCodes(rows_of(dict(list(held.items())[::2])))
    late = dict(list(held.items())[1::2])
    codes.change(list(late), rows_of(late))
    return codes


@pytest.mark.parametrize("size", [64, 4096])
def test_a_slot_newer_than_the_scope_is_not_readable(size: int) -> None:
    held: Held = {uuid4(): (5_000, bytes(48), bytes(48)), uuid4(): (3, bytes(48), bytes(48))}
    readable = {3, *(range(100, size) if size > 64 else ())}
    found = proposals(LevelCodes(rows_of(held)), readable, [0.0] * 384, 10, size)
    assert found == {id_ for id_, (slot, _, _) in held.items() if slot == 3}


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
        held |= {id_: (chance.randrange(1, 20), *held[id_][1:]) for id_ in moved}
        held = {id_: row for id_, row in held.items() if id_ not in gone}
        changed = {*added, *gone, *moved, uuid4()}
        codes.change(list(changed), rows_of({id_: held[id_] for id_ in changed & held.keys()}))

        readable = set(chance.sample(range(1, 20), 9))
        unused = set(range(100, size))
        vector = [chance.uniform(-1, 1) for _ in range(64)]
        found = proposals(codes, readable | unused, vector, 40, size)
        assert is_nearest(found, held, readable, vector, 40)
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
            found = proposals(codes, set(range(1, 20)), [0.5] * 64, 10_000)
            assert stays.keys() <= found
            rounds += 1
        return rounds

    searching = asyncio.create_task(asyncio.to_thread(search))
    for _ in range(150):
        changed = {**random_rows(chance, 30, 64), **dict.fromkeys(chance.sample(sorted(held), 40))}
        held |= {id_: (chance.randrange(1, 20), bytes(8), bytes(8)) for id_ in changed}
        await asyncio.to_thread(codes.change, list(changed), rows_of({i: held[i] for i in changed}))
    ended = True
    assert await searching > 10
