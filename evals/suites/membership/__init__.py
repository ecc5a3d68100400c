"""Whether somebody who may not read a document can tell that it exists."""

from __future__ import annotations

from collections.abc import Sequence

from evals.ground.company import Company, Paper
from evals.ground.copies import copied, original, settle
from evals.ground.ground import Ground
from evals.suites.membership.asking import Asking, Seen
from evals.suites.membership.told import at_most
from evals.suites.suite import Found, Risk, Suite

SAID = "told by what is said"
TIME = "told by the time"
GROUP = 4
"""People who ask about the same papers, which none of them may read."""
EXAMPLES = 20
ONE, OTHER = "membership_one", "membership_other"


async def run(ground: Ground) -> Found:
    """The papers that a group may not read are dealt to two copies of the corpus, so that each is
    in one of the two: what else the copies differ in tells nothing about a paper."""
    known = await original(ground)
    chance = ground.chance("membership")
    seen = Seen()
    for n in range(ground.samples(1, 4)):
        people = chance.sample(known.people, GROUP)
        hidden = hidden_from(known.company, people)
        chance.shuffle(hidden)
        halves = hidden[::2], hidden[1::2]
        async with (
            copied(ground, ONE, without=halves[1]) as one,
            copied(ground, OTHER, without=halves[0]) as other,
        ):
            asking = Asking(ground, chance, known, (one, other), halves)
            for email in people:
                await asking.compare(email, ground.samples(3, 6), seen)
            for name in (ONE, OTHER):
                settle(ground, name)
            for email in people:
                await asking.time(email, ground.samples(100, 510), seen)
        ground.say(
            f"group {n + 1}: {seen.pairs} pairs of replies, {sum(seen.differ.values())} differ"
        )
    notes = [f"replies differ to: {kind} ({count})" for kind, count in seen.differ.most_common()]
    return Found(
        [
            at_most(SAID, sum(seen.differ.values()), seen.pairs),
            seen.times.told_apart(TIME),
            *(times.told_apart(f"{TIME}: {kind}") for kind, times in seen.by_kind.items()),
        ],
        seen.cases[:EXAMPLES], notes,
    )  # fmt: skip


def hidden_from(company: Company, people: Sequence[str]) -> list[Paper]:
    return [
        paper
        for paper in company.papers
        if not any(company.may_read(email, paper) for email in people)
    ]


SUITE = Suite(
    "membership",
    "People ask in every way about papers that they may not read, where each exists and where it"
    " does not; neither the replies nor the time that they take can tell which is which.",
    (Risk.DISCLOSURE, Risk.VECTORS, Risk.PRIVACY),
    run,
)
