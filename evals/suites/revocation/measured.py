"""What is read after it was revoked, and how long an open stream goes on."""

from __future__ import annotations

from collections.abc import Sequence

from app.authz.policy import Policy
from app.settings import PROJECT
from evals.ground.ground import Ground
from evals.ground.standby import following
from evals.measures.intervals import quantile, share
from evals.measures.measure import Measure
from evals.suites.revocation.storm import storm
from evals.suites.revocation.streams import Ended, streams
from evals.suites.suite import Case, Found, Risk, Suite

EXAMPLES = 20
STREAMS = 400
"""Also for a change: fewer than 368 do not bound a p99."""


async def run(ground: Ground) -> Found:
    stormed = await stale(ground, ground.samples(400, 10_000))
    ended = await streams(ground, ground.samples(STREAMS, 1_000))
    return Found([*stormed.measures, *in_time(ended)], stormed.cases, stormed.notes)


async def stale(ground: Ground, interleavings: int) -> Found:
    """Reads that met a change: any promise broken by one of them, or by what was acknowledged, is
    counted as a stale read."""
    url = ground.scratch.make("revocation")
    policy = Policy.load(PROJECT / "policies", ground.scratch.levels)
    with following(ground.scratch.server, ground.scratch.root / "standby") as standby:
        async with storm(
            url, ground.scratch.server, standby, policy, ground.scratch.passwords,
            ground.chance("revocation"),
        ) as wild:  # fmt: skip
            await wild.rage(interleavings)
            await wild.settle()
            found = wild.judge()
            history = wild.history
    ground.scratch.drop("revocation")
    reads, met = len(history.reads), history.interleavings
    replicated = sum(read.on_replica for read in history.reads)
    lost = sum(o.ended is None for o in history.operations)
    measures = [
        share("stale reads", min(len(found), met), met),
        share("reads seen on the replica", replicated, reads),
        share("reads unanswered", history.unanswered, reads + history.unanswered),
    ]
    note = f"{len(history.operations)} changes, {lost} of them cut off unacknowledged"
    return Found(measures, [Case("a history", said) for said in found[:EXAMPLES]], [note])


def in_time(ended: Sequence[Ended]) -> list[Measure]:
    """How long they went on, and that they ended for what was revoked."""
    seconds = [one.seconds for one in ended]
    otherwise = sum(not one.withdrawn for one in ended)
    return [
        quantile("an open stream ends, p99", seconds, 0.99, "s"),
        share("streams not withdrawn", otherwise, len(ended)),
        quantile("an open stream ends, p50", seconds, 0.5, "s"),
    ]


SUITE = Suite(
    "revocation",
    "Grants, revocations, moves, deletions, indexing and reads all at once, on a primary and a"
    " replica whose connections are cut: any read that a plain model of the rights contradicts; and"
    " the time from an acknowledged revocation to the end of a stream.",
    (Risk.DISCLOSURE, Risk.VECTORS, Risk.PRIVACY, Risk.SECURITY),
    run,
)
