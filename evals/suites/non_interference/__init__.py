"""Whether documents that a person may not read change anything that the person gets."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.principal import Account
from evals.ground.copies import ORIGINAL, copied, original, settle
from evals.ground.ground import Ground
from evals.ground.platform import Platform
from evals.ground.replies import lasting_ids
from evals.measures.intervals import share
from evals.suites.non_interference.comparing import Seen, compare
from evals.suites.non_interference.looks import looks
from evals.suites.suite import Found, Risk, Suite
from evals.timing.pairs import Pairs, Work

LOOKS = "looks that differ"
TIMES = "time with and without what is forbidden"
EXAMPLES = 20
K = 8


async def run(ground: Ground) -> Found:
    """The same looks of the same people at the whole corpus and at one without what they may not
    read, deleted as the product deletes it."""
    known = await original(ground)
    chance = ground.chance("non_interference")
    subjects = chance.sample(known.people, ground.samples(3, len(known.people)))
    pairs = ground.samples(100, 260)
    times, seen = Pairs(), Seen()
    lasting = lasting_ids(ground, ORIGINAL)
    for email in subjects:
        forbidden = known.company.forbidden(email)
        async with (
            copied(ground, "whole") as whole,
            copied(ground, "less", without=forbidden) as less,
        ):
            papers = ground.samples(3, 6)
            calls = looks(chance, known.company, known.documents, email, papers)
            await compare(known, whole, less, email, calls, lasting, seen)
            for name in ("whole", "less"):
                settle(ground, name)
            asked = [paper.question for paper in chance.choices(forbidden, k=pairs)]
            await times.time(chance, await searches(less, whole, email, asked))
        ground.say(f"{email}: {seen.looks} looks, {len(seen.cases)} differ")
    notes = [f"{len(subjects)} people, each with a copy of the corpus without what is forbidden"]
    return Found(
        [share(LOOKS, len(seen.cases), seen.looks), times.told_apart(TIMES)],
        seen.cases[:EXAMPLES], notes,
    )  # fmt: skip


async def searches(
    less: Platform, whole: Platform, email: str, asked: Sequence[str]
) -> list[tuple[Work, Work]]:
    """Each question at both, without HTTP, which would only hide a difference. Its vector, which
    depends on it alone, is made before."""
    for words in set(asked):
        await less.parts.searcher.query(words)

    def search(house: Platform, account: Account, query: str) -> Work:
        return lambda: house.parts.search.search(account, query, K)

    here, there = await less.account(email), await whole.account(email)
    return [(search(less, here, words), search(whole, there, words)) for words in asked]


SUITE = Suite(
    "non_interference",
    "People look at a company's papers in every way there is, once with all papers indexed and once"
    " without those that they may not read: every byte of what they and the engine get is the same,"
    " and the time of a search tells nothing.",
    (Risk.DISCLOSURE, Risk.VECTORS, Risk.PRIVACY, Risk.SECURITY),
    run,
)
