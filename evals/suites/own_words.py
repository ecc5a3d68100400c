"""What a model adds in words of its own: whether a prompt and weights still bring answers that the
evidence supports.

Where a model says nothing that is supported the product shows quotes instead, so the other suites,
which ask what is shown, would not notice a prompt or weights that are broken.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from app.answering.profiles import Profile
from evals.ground.company import CLEARED, Company, Paper
from evals.ground.copies import Original, copied, original
from evals.ground.ground import Ground
from evals.ground.platform import Platform
from evals.ground.small import SmallModel
from evals.measures.intervals import share
from evals.measures.measure import Measure
from evals.suites.faithfulness.lying import released
from evals.suites.suite import Case, Found, Risk, Suite
from evals.suites.utility import honest

CITED = "context: told and cited by an honest engine"
SMALL = "evidence: told by the small model"
EXAMPLES = 10
_CITATION = re.compile(r"\[\d+\]")


async def run(ground: Ground) -> Found:
    small = SmallModel.of(ground)
    known = await original(ground)
    ground = ground.keeping()
    asked = readers(known, ground.chance("own words"))
    context, first = await cited(ground, known, asked[: ground.samples(90, 90)])
    evidence, second = await told(ground, known, small, asked[: ground.samples(24, 90)])
    return Found((context, evidence), (*first, *second))


def readers(known: Original, chance: random.Random) -> list[tuple[str, Paper]]:
    """Each paper with one person who may read it, in a drawn order. What a paper says is one sample
    however many read it. Who is cleared for `regulated` gets quotes where such a passage is among
    those found, so only others are asked."""
    cleared = _cleared(known.company)
    may = [
        (chance.choice(people), paper)
        for paper in known.company.papers
        if (
            people := [
                email
                for email in known.people
                if email not in cleared and known.company.may_read(email, paper)
            ]
        )
    ]
    return chance.sample(may, len(may))


def _cleared(company: Company) -> set[str]:
    return {
        str(member) for group in company.groups if group.key == CLEARED for member in group.members
    }


async def cited(
    ground: Ground, known: Original, asked: Sequence[tuple[str, Paper]]
) -> tuple[Measure, list[Case]]:
    """An engine that does what its prompt says: the fact is shown as it told it, and it told it
    with a citation. The guard looks for the passage of a sentence that cites none, so that is not
    seen in what is shown."""
    good, cases = 0, []
    async with copied(ground, "own_words_context", profile=Profile.CONTEXT.value) as house:
        with honest(known.bird, known.company) as said:
            for email, paper in asked:
                answer = await _answer(house, email, paper)
                shown = paper.fact in released(answer, Profile.CONTEXT)
                if shown and _CITATION.search(said.get(paper.question, "")):
                    good += 1
                else:
                    cases.append(Case(f"{CITED}: {paper.question}", answer))
    return share(CITED, good, len(asked)), cases[:EXAMPLES]


async def told(
    ground: Ground, known: Original, small: SmallModel, asked: Sequence[tuple[str, Paper]]
) -> tuple[Measure, list[Case]]:
    """A sentence of the small model is shown below the quotes, with the number asked for."""
    good, cases = 0, []
    before, known.bird.says = known.bird.says, small.says
    try:
        async with copied(ground, "own_words_evidence", profile=Profile.EVIDENCE.value) as house:
            for email, paper in asked:
                answer = await _answer(house, email, paper)
                [number] = re.findall(r"\d+", paper.fact)
                if any(number in sentence for sentence in released(answer, Profile.EVIDENCE)):
                    good += 1
                else:
                    cases.append(Case(f"{SMALL}: {paper.question}", answer))
    finally:
        known.bird.says = before
    return share(SMALL, good, len(asked)), cases[:EXAMPLES]


async def _answer(house: Platform, email: str, paper: Paper) -> str:
    client = await house.client(email)
    answer = await client.post("/ask", json={"question": paper.question, "stream": False})
    answer.raise_for_status()
    return str(answer.json()["answer"])


SUITE = Suite(
    "own_words",
    "Authorised questions to the served platform, on an engine that does what its prompt says and"
    " on the small model: how often the fact is shown in the model's own words, and cited by it"
    " where it is to cite; a prompt or weights that are broken are seen here.",
    (Risk.MISINFORMATION, Risk.CONFABULATION),
    run,
)
