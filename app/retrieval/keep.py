"""Keep the indexes of audiences: made as audiences grow, made anew as they change, dropped as they
shrink."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from time import monotonic

import psycopg

from app.db.audience_index import Owner
from app.db.audiences import Audience, Held, Slots, held_by_all, kept_audiences
from app.db.engine import Database
from app.retrieval.plan import KEPT

GROWN = 0.1
"""An index is made anew when so large a share of what its audience may read is not in it."""


@dataclass(frozen=True, slots=True, eq=False)
class Due:
    """What is to be done for one classification, in this order: `first` is dropped, what is left
    is counted, what is missing is made, and then `last` is dropped, which something better has
    taken the place of."""

    first: tuple[Audience, ...]
    counted: tuple[tuple[Audience, Slots], ...]
    made: tuple[Held, ...]
    last: tuple[Audience, ...]


def due(kept: Sequence[Audience], held: Sequence[Held], threshold: int) -> Due:
    """What is to be done, of one classification's ready audiences and what each holds now."""
    now = {one.principal_id: one for one in held}
    served: set[int] = set()
    first: list[Audience] = []
    last: list[Audience] = []
    counted: list[tuple[Audience, Slots]] = []
    for audience in reversed(kept):
        of = now.get(audience.principal_id)
        if of is None or of.slots.chunks < KEPT * threshold or not _all_held(audience, of.slots):
            first.append(audience)
            continue
        inside = of.slots.among(audience.slots)
        outside = int(of.slots.counts[~inside].sum())
        if outside > GROWN * of.slots.chunks or audience.principal_id in served:
            last.append(audience)
        else:
            counted.append((audience, of.slots.where(inside)))
            served.add(audience.principal_id)
    covered = {audience.packed for audience, _ in counted}
    made = []
    for one in held:
        wanted = one.slots.where(one.slots.counts > 0)
        if one.principal_id in served or wanted.packed in covered:
            continue  # who holds both may search either
        renewed = any(old.principal_id == one.principal_id for old in (*first, *last))
        if wanted.chunks >= (KEPT if renewed else 1) * threshold:
            made.append(Held(one.principal_id, one.name, wanted))
            covered.add(wanted.packed)
    return Due(tuple(first), tuple(counted), tuple(made), tuple(last))


async def keep(
    database: Database, owner: Owner, levels: Sequence[str], threshold: int
) -> AsyncIterator[str]:
    """Do what is due, and say each thing that was done; with a threshold of 0 all are dropped.

    What Postgres cannot build is said, and the others are built. Raises DatabaseUnavailable.
    """
    await owner.drop_strays()
    async with database.glance() as connection:
        kept = await kept_audiences(connection)
    for audience in kept:
        if audience.state != "ready" or audience.classification not in levels or not threshold:
            await owner.drop(audience.id)
            yield f"dropped the {audience.state} index of {audience.classification}"
    if not threshold:
        return
    ready = [audience for audience in kept if audience.state == "ready"]
    for level in levels:
        async with database.glance() as connection:
            held = await held_by_all(connection, level)
        what = due([a for a in ready if a.classification == level], held, threshold)
        async for done in _do(owner, level, what):
            yield done


async def _do(owner: Owner, level: str, what: Due) -> AsyncIterator[str]:
    for audience in what.first:
        await owner.drop(audience.id)
        yield f"dropped an index of {level} that its audience may not read all of, or is too small"
    for audience, slots in what.counted:
        await owner.count(audience, slots)
    missed = set()
    for held in what.made:
        began = monotonic()
        try:
            await owner.make(held.principal_id, level, held.slots)
        except psycopg.Error as error:
            if owner.connection.closed:
                raise
            missed.add(held.principal_id)
            yield f"Postgres could not build the index of {held.name} in {level} ({error.sqlstate})"
            continue
        yield (
            f"made the index of {held.name} in {level}: {held.slots.chunks} chunks in"
            f" {len(held.slots.ids)} slots, {monotonic() - began:.1f} s"
        )
    for audience in what.last:
        if audience.principal_id in missed:
            continue
        await owner.drop(audience.id)
        yield f"dropped an index of {level} that a newer one has taken the place of"


def _all_held(audience: Audience, now: Slots) -> bool:
    return bool(audience.slots.among(now).all())
