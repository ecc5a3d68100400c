"""What was asked for and agreed to since a release last moved: an approval is of one step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.release import ReleaseEvent, Stage

ASKED, APPROVED = "asked for {}", "approved {}"


@dataclass(frozen=True, slots=True)
class Wish:
    """Who asked for a stage and who agreed to it, by e-mail."""

    asked: frozenset[str]
    approved: frozenset[str]


def wish(events: Sequence[ReleaseEvent], to: Stage) -> Wish:
    """Of the events of a release, oldest first; what came before its last move says nothing now."""
    moves = [number for number, event in enumerate(events) if event.to is not None]
    since = events[moves[-1] + 1 :] if moves else events
    return Wish(
        frozenset(event.who for event in since if event.what == ASKED.format(to)),
        frozenset(event.who for event in since if event.what == APPROVED.format(to)),
    )
