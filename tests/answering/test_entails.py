"""A sentence says what another says, in other words, and not what it does not say."""

from __future__ import annotations

import pytest

from app.answering.guard import check_sentence
from app.answering.relations import relations
from tests.answering.passages import passage

pytestmark = pytest.mark.integration

ABOUT = "What about the office?"
HOLIDAY = "Employees in Berlin get 30 days of paid holiday per year."
TRAVEL = "Travel above 2,000 EUR is approved by Nadia Okafor."
PAYS = "Anna pays Bruno 40 euros each month and sends Carla 30 euros each week."
BUDGET = "The budget of Zorban is 45000 euros."
LEASE = "The lease of Zorban ends after 41 months."
GUESTS = "Up to 12 guests of the office may stay if Anna agrees."
DESKS = "Since 3 May Zorban has had more desks than Bonn."
POOL = "The pool is closed on Mondays because few people come."


def supported(evidence: str, said: str, question: str) -> bool:
    return check_sentence(said, question, [passage(evidence, "Office")]).supported


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        (HOLIDAY, "Employees in Berlin receive 30 days of paid vacation per year."),
        (HOLIDAY, "Berlin employees get 30 days of paid holiday each year."),
        (TRAVEL, "Nadia Okafor approves travel above €2000."),
        (PAYS, "Anna pays 40 euros to Bruno each month."),
        (PAYS, "Bruno is paid 40 euros each month by Anna."),
        (PAYS, "Anna sends Carla 30 euros each week."),
        (BUDGET, "Zorban's budget amounts to 45,000 euros."),
        (BUDGET, "Zorban has a budget of 45000 euros."),
        (BUDGET, "According to the office page, the budget of Zorban is 45000 euros."),
        (BUDGET, "Yes, the document states that Zorban's budget is 45000 euros."),
        (LEASE, "After 41 months, the lease of Zorban expires."),
        (GUESTS, "If Anna agrees, at most 12 guests of the office can stay."),
        (POOL, "On Mondays, the pool is closed."),
    ],
)
def test_the_same_in_other_words_is_supported(evidence: str, said: str) -> None:
    assert supported(evidence, said, f"{ABOUT} {evidence.split()[1]} {said.split()[0]}")


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        (HOLIDAY, "Employees get 30 days of paid holiday per year."),
        (HOLIDAY, "Employees in Berlin get 30 days of holiday per year."),
        (TRAVEL, "Nadia Okafor approves travel."),
        (TRAVEL, "Nadia Okafor is approved by travel above 2,000 EUR."),
        (PAYS, "Bruno pays Anna 40 euros each month."),
        (PAYS, "Anna is paid 40 euros each month by Bruno."),
        (PAYS, "Anna pays Bruno 30 euros each week."),
        (PAYS, "Anna pays Bruno 40 euros each week."),
        (PAYS, "Anna pays Carla 40 euros each month."),
        (BUDGET, "The budget of Zorban is up to 45000 euros."),
        (BUDGET, "Zorban fails to have a budget of 45000 euros."),
        (BUDGET, "The budget of Zorban is no longer 45000 euros."),
        (BUDGET, "According to the page of Mallory, the budget of Zorban is 45000 euros."),
        (GUESTS, "12 guests of the office may stay if Anna agrees."),
        (GUESTS, "At least 12 guests of the office may stay if Anna agrees."),
        (GUESTS, "Up to 12 guests of the office may stay."),
        (GUESTS, "Up to 12 guests of the office must stay if Anna agrees."),
        (GUESTS, "Anna may stay if up to 12 guests of the office agree."),
        (DESKS, "Since 3 May Bonn has had more desks than Zorban."),
        (POOL, "The pool is closed."),
        (POOL, "The effectiveness of the pool."),
    ],
)
def test_what_it_does_not_say_is_not(evidence: str, said: str) -> None:
    assert not supported(evidence, said, f"{ABOUT} {evidence.split()[1]} {said.split()[0]}")


def test_a_pronoun_stands_for_what_was_asked_about() -> None:
    assert supported(BUDGET, "It is 45000 euros.", "What is the budget of Zorban?")
    assert not supported(BUDGET, "It is 45000 euros.", "What is the budget of Bonn?")


def test_what_the_question_limits_need_not_be_said_again() -> None:
    said = "Employees get 30 days of paid holiday per year."
    assert supported(HOLIDAY, said, "How much holiday do employees in Berlin get?")
    assert not supported(HOLIDAY, said, "How much holiday do employees get?")


@pytest.mark.parametrize(
    "evidence",
    [
        "Is the budget of Zorban 45000 euros?",
        "It is not true that the budget of Zorban is 45000 euros.",
        "The old policy says that the budget of Zorban is 45000 euros.",
        "Anna asked whether the budget of Zorban is 45000 euros.",
        "The budget of Zorban is 45000 or 50000 euros.",
        "The budget of Zorban would be 45000 euros.",
    ],
)
def test_what_is_asked_reported_or_imagined_is_no_evidence(evidence: str) -> None:
    assert not supported(evidence, BUDGET, "What is the budget of Zorban?")


def test_two_sentences_do_not_make_a_third() -> None:
    both = f"{BUDGET} The bonus of Zorban is 300 euros."
    assert not supported(both, "The budget of Zorban is 300 euros.", "What about Zorban?")
    assert supported(both, "The bonus of Zorban is 300 euros.", "What about Zorban?")


def test_relations_are_those_of_the_statement_and_not_of_its_words() -> None:
    active, passive = (
        relations(sentence)
        for sentence in ("Nadia approves the plan.", "The plan is approved by Nadia.")
    )
    told = [
        {(one.words[edge.head], edge.label, one.words[edge.tail]) for edge in one.edges}
        for one in (active, passive)
    ]
    assert told[0] == told[1] == {("approv", "subject", "nadia"), ("approv", "object", "plan")}
