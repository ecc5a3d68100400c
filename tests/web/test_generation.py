"""What is kept of an answer that was withdrawn while it was written, or after."""

from __future__ import annotations

from uuid import uuid4

from app.answering.wording import NO_LONGER, WITHDRAWN
from app.domain.answer import Answer, Citation, Outcome
from app.domain.principal import Account, Role
from app.web.generation import Generation
from tests.answering.passages import passage

SECRET = "The bonus is 12 per cent."


def writing() -> Generation:
    generation = Generation(Account(1, "ann@page.example", "Ann", Role.EMPLOYEE), "The bonus?")
    generation.grow(SECRET)
    return generation


def answer(outcome: Outcome = Outcome.ANSWERED) -> Answer:
    citation = Citation.of(1, passage(SECRET), SECRET)
    return Answer(SECRET, (citation,), outcome, 1, "r", uuid4())


def test_what_comes_after_the_withdrawal_is_not_kept() -> None:
    generation = writing()
    generation.withdraw()
    generation.grow(SECRET)
    generation.finish(answer())
    assert (generation.text, generation.answer) == (WITHDRAWN, None)


def test_an_answer_that_ends_withdrawn_forgets_what_it_said() -> None:
    generation = writing()
    generation.finish(answer(Outcome.WITHDRAWN))
    assert (generation.text, generation.answer) == (WITHDRAWN, None)


def test_a_whole_answer_is_forgotten_later() -> None:
    generation = writing()
    generation.finish(answer())
    generation.ended = True
    version = generation.version
    generation.withdraw()
    assert (generation.text, generation.answer) == (NO_LONGER, None)
    assert generation.version > version, "who looks is told"
