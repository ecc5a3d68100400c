"""Whether the database enforces who may read what: the proof of the start, on a fresh one."""

from __future__ import annotations

from app.db.engine import Database
from app.retrieval.proof.proof import look
from evals.ground.ground import Ground
from evals.measures.intervals import share
from evals.suites.suite import Case, Found, Risk, Suite

LOOKS = 3


async def run(ground: Ground) -> Found:
    """The proof's findings, of several looks at one database: the first plants the canary."""
    url = ground.scratch.make("enforcement")

    def connect() -> Database:
        return Database.connect(url, ground.scratch.passwords, pool_size=1)

    findings = [await look(connect, ground.scratch.levels) for _ in range(LOOKS)]
    wrong = sum(bool(found) for found in findings)
    cases = [Case("the proof", said) for said in dict.fromkeys(x for f in findings for x in f)]
    return Found([share("looks that found something", wrong, LOOKS)], cases)


SUITE = Suite(
    "enforcement",
    "What the proof of the start finds in a database as a migration leaves it: nothing.",
    (Risk.DISCLOSURE, Risk.VECTORS, Risk.SECURITY),
    run,
)
