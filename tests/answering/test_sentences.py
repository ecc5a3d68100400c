"""Passages become sentences that can be quoted alone."""

from __future__ import annotations

import pytest

from app.answering.sentences import sentences


def shown(text: str) -> list[str]:
    return [alone for _, alone in sentences(text)]


def test_prose_is_split_at_the_end_of_sentences() -> None:
    assert shown("We ship on Fridays. Why not Mondays? Nobody is rested then.") == [
        "We ship on Fridays.",
        "Why not Mondays?",
        "Nobody is rested then.",
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "Ask Dr. Meyer or the desk, e.g. Anna, before you travel.",
        "The fee is 3.5 percent of approx. 200 orders.",
        "See No. 12 of the price list for details.",
        "J. Smith signs all contracts above the limit.",
    ],
)
def test_abbreviations_and_decimals_end_nothing(sentence: str) -> None:
    assert shown(sentence) == [sentence]


def test_items_of_a_list_stand_alone() -> None:
    assert shown("- Book trains early in May\n- Keep every receipt you get") == [
        "Book trains early in May",
        "Keep every receipt you get",
    ]


def test_a_row_of_a_table_says_its_columns() -> None:
    table = "City | Hotel limit\nBerlin | 120 EUR\nOslo | 180 EUR"
    assert list(sentences(table)) == [
        ("Berlin | 120 EUR", "City: Berlin; Hotel limit: 120 EUR"),
        ("Oslo | 180 EUR", "City: Oslo; Hotel limit: 180 EUR"),
    ]


def test_a_second_table_has_columns_of_its_own() -> None:
    text = "City | Limit\nBerlin | 120\nThat was all about hotels.\nRole | Days\nTrainee | 24"
    assert "Role: Trainee; Days: 24" in shown(text)
