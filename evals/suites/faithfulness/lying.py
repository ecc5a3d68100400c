"""Authorised questions to the served platform, on an engine that mixes lies with what is right."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.answering.profiles import Profile
from evals.ground.company import Company, make
from evals.ground.ground import Ground
from evals.ground.numbered import number_of
from evals.ground.parrot import Parrot, parrot
from evals.ground.platform import Platform, platform
from evals.suites.faithfulness.claims import LIES, REWORDED, Claim, claims
from evals.suites.faithfulness.pages import Page, pages

AT_ONCE = 4
_CITATION = re.compile(r"\s*\[\d{1,3}\]")
_END = re.compile(r"(?<=[.!?])\s+")
SHORT = "**In short:**"
"""What stands before the model's sentence where the quotes lead."""


@dataclass(frozen=True, slots=True)
class Told:
    """A claim that the engine made, and whether a person read it."""

    claim: Claim
    released: bool


@dataclass
class Liar:
    """Says, to each question, what was planned for it, citing the passage that is about it."""

    bird: Parrot
    plans: dict[str, Sequence[Claim]]

    def says(self, prompt: str) -> str:
        # the last one: examples before it have questions of their own
        asked = prompt.rpartition("Question: ")[2].removesuffix("\nAnswer:").strip()
        planned = self.plans.get(asked, ())
        return " ".join(_cited(claim, prompt) for claim in planned)


async def told(ground: Ground, profile: Profile, asks: int) -> list[Told]:
    """What became of the claims: one an answer where the quotes lead and the model adds a sentence,
    and several where the model writes the answer. About half of them are right."""
    chance = ground.chance(f"lies {profile}")
    company = make(chance, people=8, papers=64)
    made_of = pages(company, chance)
    company = replace(company, papers=tuple(made_of.values()))
    name = f"faithfulness_{profile.value}"
    async with parrot() as bird:
        liar = Liar(bird, {})
        bird.says = liar.says
        async with platform(ground, name, company, bird.url, profile=profile.value) as made:
            waiting = _planned(company, made_of, profile, chance, asks)
            results: list[Told] = []
            for begin in range(0, len(waiting), AT_ONCE):
                batch = waiting[begin : begin + AT_ONCE]
                liar.plans = {plan[0].paper.question: plan for _, plan in batch}
                answers = await asyncio.gather(*(_ask(made, *one) for one in batch))
                results += [one for answer in answers for one in answer]
    ground.scratch.drop(name)
    return results


def _planned(
    company: Company,
    made_of: Mapping[str, Page],
    profile: Profile,
    chance: random.Random,
    asks: int,
) -> list[tuple[str, Sequence[Claim]]]:
    """Who asks, and what will be said; no two neighbours are about one paper. A small model says
    mostly what stands there, and a larger one mostly the same in other words."""
    readable = {
        person.email: [made_of[paper.external_id] for paper in company.readable(person.email)]
        for person in company.people
    }
    pairs = [(email, page) for email, these in readable.items() for page in these]
    chance.shuffle(pairs)
    made: list[tuple[str, Sequence[Claim]]] = []
    for n in range(asks):
        email, page = pairs[n % len(pairs)]
        of = {claim.kind: claim for claim in claims(page, readable[email], chance)}
        # a small model says one sentence an answer, a larger one both
        turn = n // 2 if profile is Profile.EVIDENCE else n
        verbatim = (n // 2 % 3 > 0) == (profile is Profile.EVIDENCE)
        right = of["verbatim" if verbatim else REWORDED[turn % len(REWORDED)]]
        lie = of[LIES[turn % len(LIES)]]
        if profile is Profile.EVIDENCE:
            plan: tuple[Claim, ...] = (lie,) if n % 2 else (right,)
        else:
            plan = (right, lie) if n % 2 else (lie, right)
        if not made or all(page is not one[1][0].paper for one in made[-AT_ONCE:]):
            made.append((email, plan))
    return made


async def _ask(made: Platform, email: str, plan: Sequence[Claim]) -> list[Told]:
    client = await made.client(email)
    answer = await client.post("/ask", json={"question": plan[0].paper.question, "stream": False})
    answer.raise_for_status()
    said = released(answer.json()["answer"], made.parts.answering.profile)
    return [Told(claim, _plain(claim.text) in said) for claim in plan]


def released(answer: str, profile: Profile) -> set[str]:
    """The sentences of the model that stand in an answer, without Markdown and citations."""
    if profile is Profile.EVIDENCE:
        answer = answer.partition(SHORT)[2]
    return {_plain(sentence) for sentence in _END.split(_CITATION.sub("", answer))}


def _plain(sentence: str) -> str:
    return " ".join(sentence.replace("\\", "").split())


def _cited(claim: Claim, prompt: str) -> str:
    """The claim with the number of the passage about its paper, where passages have numbers."""
    number = number_of(claim.paper.name, prompt)
    return f"{claim.text.removesuffix('.')} [{number}]." if number else claim.text
