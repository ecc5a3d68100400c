"""Whether documents that a person may not read change anything that the person gets."""

from __future__ import annotations

from app.db.revision import current_revision, raise_revision
from evals.ground.copies import Original, copied, original
from evals.ground.ground import Ground
from evals.ground.platform import Platform
from evals.ground.visitor import Call, visiting
from evals.measures.intervals import share
from evals.suites.non_interference.comparing import difference, lasting_ids, plain
from evals.suites.non_interference.looks import looks
from evals.suites.non_interference.timing import Times, timed
from evals.suites.suite import Case, Found, Risk, Suite

LOOKS = "looks that differ"
TIMES = "time with and without what is forbidden"
EXAMPLES = 20
QUERIES = 40
"""Questions that are timed, for each person."""


async def run(ground: Ground) -> Found:
    """The same looks of the same people at the whole corpus and at one without what they may not
    read, deleted as the product deletes it."""
    known = await original(ground)
    chance = ground.chance("non_interference")
    subjects = chance.sample(known.people, ground.samples(3, len(known.people)))
    pairs = ground.samples(350, 300)
    times, cases, seen = Times(), list[Case](), 0
    async with copied(ground, "whole") as whole:
        lasting = lasting_ids(ground, "whole")
        await _level(whole, known)
        for email in subjects:
            forbidden = known.company.forbidden(email)
            async with copied(ground, "less", without=forbidden) as less:
                await _level(less, known)
                calls = list(
                    looks(chance, known.company, known.documents, email, ground.samples(3, 8))
                )
                cases += await _compared(known, whole, less, email, calls, lasting)
                seen += len(calls)
                for name in ("whole", "less"):
                    _settle(ground, name)
                asked = chance.choices(forbidden, k=QUERIES)
                await timed(
                    chance, whole, less, email, [paper.question for paper in asked], pairs, times
                )
            ground.say(f"{email}: {seen} looks, {len(cases)} differ")
    notes = [f"{len(subjects)} people, each with a copy of the corpus without what is forbidden"]
    return Found([share(LOOKS, len(cases), seen), times.measure(TIMES)], cases[:EXAMPLES], notes)


async def _compared(
    known: Original, whole: Platform, less: Platform, email: str, calls: list[Call],
    lasting: frozenset[str],
) -> list[Case]:  # fmt: skip
    """A case for each call that is answered differently."""
    cases = []
    async with (
        visiting(whole, email, known.bird) as there,
        visiting(less, email, known.bird) as here,
    ):
        for call in calls:
            one, other = [plain(await who.send(call), lasting) for who in (there, here)]
            if one != other:
                cases.append(Case(f"{email}: {call.method} {call.words}", difference(one, other)))
    return cases


async def _level(house: Platform, known: Original) -> None:
    """Bring the revision to one number: it counts all writes, of which deleting takes some."""
    most: int = known.revision + len(known.company.papers)
    async with house.parts.database.app() as connection:
        for _ in range(await current_revision(connection), most):
            await raise_revision(connection, "made equal")


def _settle(ground: Ground, name: str) -> None:
    """What autovacuum makes of the tables: what was deleted is passed over until then."""
    with ground.scratch.whole(name) as connection:
        connection.execute("vacuum analyze")


SUITE = Suite(
    "non_interference",
    "People look at a company's papers in every way there is, once with all papers indexed and once"
    " without those that they may not read: every byte of what they and the engine get is the same,"
    " and the time of a search tells nothing.",
    (Risk.DISCLOSURE, Risk.VECTORS, Risk.PRIVACY, Risk.SECURITY),
    run,
)
