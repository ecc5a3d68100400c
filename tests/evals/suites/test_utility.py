"""What the suite says of a product that refuses, forgets or tells too much."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import pytest

from app.answering import evidence, named, pipeline
from app.answering.wording import NOTHING_FOUND
from app.domain.answer import Quote
from app.domain.principal import Account
from app.domain.scope import Passage
from evals.gates.thresholds import Thresholds, Verdict
from evals.ground.company import make, overseen
from evals.ground.ground import Effort, Ground
from evals.ground.parrot import parrot
from evals.ground.platform import Platform, platform
from evals.suites.utility import Asked, Seen, honest, judged, look

pytestmark = pytest.mark.integration

LOST = "evidence: authorised questions lost"
ANSWERED = "evidence: authorised questions answered"
UNAUTHORISED = "evidence: unauthorised questions abstained from"
UNANSWERABLE = "evidence: unanswerable questions abstained from"
APART = "evidence: abstentions told apart"


@dataclass
class Stage:
    house: Platform
    overseer: str

    async def verdicts(self, asks: int = 20) -> dict[str, Verdict]:
        seen = await look(self.house, self.overseer, random.Random(3), asks, asks)
        return verdicts(seen)


def verdicts(seen: Seen) -> dict[str, Verdict]:
    bars = Thresholds.load()
    return {
        measure.name: bar.judge(measure, Effort.CHANGE)
        for measure in judged("evidence", seen, seed=1)
        if (bar := bars.bar("utility", measure.name))
    }


@pytest.fixture
async def stage(ground: Ground) -> AsyncIterator[Stage]:
    company, overseer = overseen(make(ground.chance("utility"), people=8, papers=30))
    async with (
        parrot() as bird,
        platform(
            ground.keeping(), "utility_tested", company, bird.url, profile="evidence"
        ) as house,
    ):
        with honest(bird, company):
            yield Stage(house, overseer)
    ground.scratch.drop("utility_tested")


async def test_faults_of_answering_are_seen(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(*given: object) -> tuple[Quote, ...]:
        return ()

    with monkeypatch.context() as refuses:
        refuses.setattr(pipeline, "choose_quotes", nothing)
        found = await stage.verdicts()
    assert found[ANSWERED] is Verdict.FAILED

    again = pipeline.Answering.authorised_again

    async def forgetful(
        self: pipeline.Answering, account: Account, passages: Sequence[Passage]
    ) -> tuple[Passage, ...]:
        kept = await again(self, account, passages)
        return kept if account.email == stage.overseer else kept[1:]

    with monkeypatch.context() as forgets:
        forgets.setattr(pipeline.Answering, "authorised_again", forgetful)
        found = await stage.verdicts()
    assert found[LOST] is Verdict.FAILED

    with monkeypatch.context() as guesses:
        guesses.setattr(evidence, "ENOUGH", 0.1)
        guesses.setattr(evidence, "ENOUGH_UNNAMED", 0.1)
        found = await stage.verdicts()
    assert found[UNANSWERABLE] is Verdict.FAILED

    with monkeypatch.context() as mixes:
        mixes.setattr(named, "named_words", lambda question: set())
        found = await stage.verdicts()
    assert found[UNAUTHORISED] is found[UNANSWERABLE] is Verdict.FAILED


async def test_as_it_is_nothing_is_lost_or_told(stage: Stage) -> None:
    seen = await look(stage.house, stage.overseer, random.Random(3), 30, 30)
    values = {measure.name: measure.value for measure in judged("evidence", seen, seed=1)}
    assert values[LOST] == values[APART] == 0
    assert values[ANSWERED] > 0.9


def test_a_word_more_about_what_is_forbidden_is_seen() -> None:
    plain = {"answer": NOTHING_FOUND, "citations": [], "audit_id": "1"}
    told = {**plain, "audit_id": "2", "hidden": 3}
    closed = [(Asked("a", f"{n}"), told if n == 3 else plain) for n in range(200)]
    absent = [(Asked("a", f"{n}"), plain) for n in range(200)]
    company = make(random.Random(1), people=2, papers=4)
    paper = company.papers[0]
    own = (Asked("a", paper.question, paper), {**plain, "answer": paper.fact})
    seen = Seen([own], {paper.question: own[1]}, closed, absent, absent)
    assert verdicts(seen)[APART] is Verdict.FAILED
    seen = Seen([own], {paper.question: own[1]}, absent, absent, absent)
    assert verdicts(seen)[APART] is Verdict.PASSED
