"""The compact codes: what is readable and near is proposed, and nothing else shapes it."""

from __future__ import annotations

import random
from uuid import UUID, uuid4

import numpy as np
import pytest

from app.db.codes import CodeRows
from app.domain.scope import SlotSet
from app.retrieval.codes import LevelCodes, propose

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
    """Those whose code differs in no more bits than that of the one in place `most`."""
    query = int.from_bytes(signs(vector))
    distances = {
        id_: (int.from_bytes(code) ^ query).bit_count()
        for id_, (slot, code) in held.items()
        if slot in readable
    }
    if len(distances) <= most:
        return set(distances)
    last = sorted(distances.values())[most - 1]
    return {id_ for id_, distance in distances.items() if distance <= last}


@pytest.mark.parametrize("dimensions", [384, 100, 64, 8])
@pytest.mark.parametrize("most", [1, 10, 1000])
def test_what_is_proposed_is_what_is_nearest_by_hand(dimensions: int, most: int) -> None:
    chance = random.Random(dimensions)
    # codes as Postgres writes them: past the last dimension there are zeros
    held = {
        id_: (slot, signs([chance.uniform(-1, 1) for _ in range(dimensions)]))
        for id_, (slot, _) in random_rows(chance, 300, dimensions).items()
    }
    levels = {"internal": LevelCodes(rows_of(held))}
    for share in (0, 1, 5, 19):
        readable = set(chance.sample(range(1, 20), share))
        vector = [chance.uniform(-1, 1) for _ in range(dimensions)]
        found = propose(levels, slot_set(readable), vector, most)["internal"]
        assert len(found) == len(set(found))
        assert set(found) == nearest_by_hand(held, readable, vector, most)


def test_what_may_not_be_read_shapes_nothing() -> None:
    """The proposals are those on the corpus without it, over several classifications."""
    chance = random.Random(7)
    everything = {level: random_rows(chance, 400, 384) for level in ("internal", "confidential")}
    for _ in range(20):
        readable = set(chance.sample(range(1, 20), chance.randint(0, 19)))
        vector = [chance.uniform(-1, 1) for _ in range(384)]
        proposed = [
            propose(
                {level: LevelCodes(rows_of(held)) for level, held in corpus.items()},
                slot_set(readable), vector, 30,
            )
            for corpus in (
                everything,
                {
                    level: {id_: row for id_, row in held.items() if row[0] in readable}
                    for level, held in everything.items()
                },
            )
        ]  # fmt: skip
        assert proposed[0] == proposed[1]


def test_a_slot_newer_than_the_scope_is_not_readable() -> None:
    held: Held = {uuid4(): (500, bytes(48)), uuid4(): (3, bytes(48))}
    found = propose({"internal": LevelCodes(rows_of(held))}, slot_set({3}), [0.0] * 384, 10)
    assert found["internal"] == [id_ for id_, (slot, _) in held.items() if slot == 3]


def test_changes_leave_what_a_fresh_reading_would_hold() -> None:
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
        vector = [chance.uniform(-1, 1) for _ in range(64)]
        found = propose({"internal": codes}, slot_set(readable), vector, 40)["internal"]
        assert set(found) == nearest_by_hand(held, readable, vector, 40)
    assert len(codes.rows.ids) < 2 * len(held) + 3_000, "what is gone makes room again"
