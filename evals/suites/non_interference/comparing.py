"""One person's replies at two platforms, compared byte for byte."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from evals.ground.copies import Original
from evals.ground.platform import Platform
from evals.ground.replies import compared
from evals.ground.visitor import Call, visiting
from evals.suites.suite import Case


@dataclass
class Seen:
    """`looks` were answered, `cases` are those that were answered differently."""

    looks: int = 0
    cases: list[Case] = field(default_factory=list)


async def compare(
    known: Original, whole: Platform, less: Platform, email: str, calls: Iterable[Call],
    lasting: frozenset[str], seen: Seen,
) -> None:  # fmt: skip
    """Send each call to both, and count what differs."""
    async with (
        visiting(whole, email, known.bird) as there,
        visiting(less, email, known.bird) as here,
    ):
        for call in calls:
            apart = compared(await there.send(call), await here.send(call), lasting)
            if apart is None:
                continue
            seen.looks += 1
            if apart:
                seen.cases.append(Case(f"{email}: {call.method} {call.words}", apart))
