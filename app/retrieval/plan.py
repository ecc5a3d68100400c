"""Which indexes of audiences a search uses: by counted sizes, and only of what is readable."""

from __future__ import annotations

from collections.abc import Sequence

from app.db.audiences import Audience
from app.domain.scope import Scope, SlotSet

KEPT = 0.9
"""An index is made for the threshold, and used and kept down to this share of it, so that an
audience about as large as the threshold does not have it made and dropped by turns."""


def chosen(scope: Scope, ready: Sequence[Audience], threshold: int) -> tuple[Audience, ...]:
    """The audiences that are searched by their index, all of whose slots the scope may read.

    In each classification the one comes next that holds most chunks that none before holds, as
    long as these are worth an index. The other readable slots are left to the codes.
    """
    found: list[Audience] = []
    for level in scope.classifications:
        new = {
            audience: audience.slots
            for audience in ready
            if audience.classification == level and scope.slots.holds(audience.packed)
        }
        while new:
            best = max(new, key=lambda audience: (new[audience].chunks, -audience.id))
            taken = new.pop(best)
            if taken.chunks < KEPT * threshold:
                break
            found.append(best)
            new = {other: slots.where(~slots.among(taken)) for other, slots in new.items()}
    return tuple(found)


def left(slots: SlotSet, searched: Sequence[Audience], level: str) -> SlotSet:
    """The readable slots that no searched audience of a classification holds."""
    for audience in searched:
        if audience.classification == level:
            slots = slots.without(audience.packed)
    return slots
