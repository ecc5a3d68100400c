"""A sentence of the model is released only when the quotes support it."""

from __future__ import annotations

import pytest

from app.answering.guard import check, nearest_quote
from app.answering.prompt import completion_prompt
from app.domain.answer import Draft
from tests.answering.passages import quote

QUOTES = (
    quote("Employees in Berlin get 30 days of paid holiday per year.", "Time off"),
    quote("Travel above 2,000 EUR is approved by Nadia Okafor.", "Travel"),
    quote("Contractors may not use the company card.", "Spending"),
    quote("Connor Byrne (Chief of Staff)", "CEO"),
    quote("Salaries depend on 1) role 2) level and 3) location.", "Pay"),
    quote("Rooms are free for teams if they book a week ahead.", "Rooms"),
    quote("Up to 12 guests may stay, and at least 3 rooms are kept for them.", "Guests"),
    quote("The pool opens on Mondays and closes at noon.", "Pool"),
)


def supported(said: str, question: str) -> bool:
    return check(Draft(said, completion_prompt(question, QUOTES)), question).supported


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("How much holiday do I get?", "Employees in Berlin get 30 days of paid holiday per year."),
        (
            "Who approves travel above 2000 EUR?",
            "Travel above 2000 EUR is approved by Nadia Okafor.",
        ),
        ("May contractors use the card?", "Contractors may not use the company card."),
        ("Who is the chief of staff?", "Connor Byrne is the Chief of Staff."),
        ("How many guests may stay?", "Up to 12 guests may stay."),
        ("When does the pool open?", "The pool opens on Mondays."),
    ],
)
def test_what_the_quotes_say_is_supported(question: str, said: str) -> None:
    assert supported(said, question)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("How much holiday do I get?", "Employees in Berlin get 25 days of paid holiday."),
        ("How much holiday do I get?", "Employees get thirty-five days of paid holiday."),
        ("Who approves travel?", "Travel above 2,000 EUR is approved by Tom Okafor."),
        ("Who approves travel?", "Travel above 2,000 EUR is approved by the board."),
        ("May contractors use the card?", "Contractors may use the company card."),
        ("How much holiday do I get?", "Employees in Berlin get no paid holiday per year."),
        ("How much holiday do I get?", "Contractors in Berlin get 30 days of paid holiday."),
        ("Who approves travel?", "Travel is approved."),
        ("Do we pay bonuses in May?", "We pay bonuses in May."),
        ("How much holiday do I get?", ""),
        ("Who is the CEO?", "The CEO is Connor Byrne."),
        ("How are salaries decided?", "Salaries depend on 1) role and 2) level."),
        ("What do rooms cost?", "Rooms are free for teams."),
        ("How many guests may stay?", "12 guests may stay."),
        ("How many guests may stay?", "At least 12 guests may stay."),
        ("How many guests may stay?", "Up to 12 guests may stay, and 3 rooms are kept for them."),
        ("When does the pool open?", "The pool opens."),
        ("How much holiday do I get?", "Employees in Berlin get 30 days of paid holiday."),
    ],
)
def test_what_they_do_not_say_is_not(question: str, said: str) -> None:
    assert not supported(said, question)


def test_without_quotes_nothing_is_supported() -> None:
    prompt = completion_prompt("How much holiday?", ())
    assert not check(Draft("Employees get 30 days.", prompt), "How much holiday?").supported


def test_the_sentence_cites_the_quote_it_is_about() -> None:
    assert nearest_quote("Nadia Okafor approves travel above 2000 EUR.", QUOTES) == 2
