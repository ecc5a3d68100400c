"""Lies are planned, told and found in answers as the suite says."""

from __future__ import annotations

import random

import pytest

from app.answering.profiles import Profile
from app.answering.prompt import completion_prompt
from evals.ground.company import make
from evals.ground.parrot import Parrot
from evals.suites.faithfulness.claims import LIES, RIGHT, claims
from evals.suites.faithfulness.lying import Liar, released
from tests.answering.passages import quote

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("seed", range(5))
def test_no_lie_says_what_the_paper_says(seed: int) -> None:
    company = make(random.Random(seed))
    for paper in company.papers:
        made = {c.kind: c for c in claims(paper, company.papers, random.Random(seed))}
        assert tuple(made) == (*RIGHT, *LIES)
        assert all((claim.text != paper.fact) or claim.right for claim in made.values())
        assert len({claim.text for claim in made.values()}) == len(made)


def test_the_engine_answers_the_question_and_not_an_example_before_it() -> None:
    company = make(random.Random(1))
    paper = company.papers[0]
    claim = next(claims(paper, company.papers, random.Random(1)))
    liar = Liar(Parrot(), {paper.question: (claim,)})
    prompt = completion_prompt(paper.question, [quote(paper.fact)]).text
    assert liar.says(prompt) == paper.fact


def test_what_is_released_is_the_sentence_of_the_model_alone() -> None:
    answer = "> The bonus is 5\\_000 euros. [1]\n\n**In short:** The bonus is 5\\_000 euros. [1]"
    assert released(answer, Profile.EVIDENCE) == {"The bonus is 5_000 euros."}
    assert "The bonus is 5_000 euros." not in released(answer.partition("\n")[0], Profile.EVIDENCE)
    said = released("A is one [1]. B is two [2]. C is", Profile.CONTEXT)
    assert said == {"A is one.", "B is two.", "C is"}
