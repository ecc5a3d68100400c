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
from evals.suites.faithfulness.pages import Page, pages
from tests.answering.passages import quote

pytestmark = pytest.mark.integration


def made(seed: int) -> list[Page]:
    return list(pages(make(random.Random(seed)), random.Random(seed)).values())


@pytest.mark.parametrize("seed", range(5))
def test_no_lie_says_what_the_page_says(seed: int) -> None:
    several = made(seed)
    for page in several:
        told = {c.kind: c for c in claims(page, several, random.Random(seed))}
        assert tuple(told) == (*RIGHT, *LIES)
        stands = {page.fact, page.pays, page.stays, page.compares}
        assert all(claim.right or claim.text not in stands for claim in told.values())
        assert len({claim.text for claim in told.values()}) == len(told)


def test_the_engine_answers_the_question_and_not_an_example_before_it() -> None:
    page, *others = made(1)
    claim = next(claims(page, others, random.Random(1)))
    liar = Liar(Parrot(), {page.question: (claim,)})
    prompt = completion_prompt(page.question, [quote(page.fact)]).text
    assert liar.says(prompt) == page.fact


def test_what_is_released_is_the_sentence_of_the_model_alone() -> None:
    answer = "> The bonus is 5\\_000 euros. [1]\n\n**In short:** The bonus is 5\\_000 euros. [1]"
    assert released(answer, Profile.EVIDENCE) == {"The bonus is 5_000 euros."}
    assert "The bonus is 5_000 euros." not in released(answer.partition("\n")[0], Profile.EVIDENCE)
    said = released("A is one [1]. B is two [2]. C is", Profile.CONTEXT)
    assert said == {"A is one.", "B is two.", "C is"}
