"""What a number is a bound of."""

from __future__ import annotations

import pytest

from app.answering.bounds import bounds, without_bounds


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Up to 12 guests", "at most 12 guests"),
        ("No more than 1,200 guests", "up to 1200 guests"),
        ("about twelve guests", "roughly 12 guests"),
    ],
)
def test_the_same_bound_in_other_words(one: str, other: str) -> None:
    assert bounds(one) == bounds(other) != set()


@pytest.mark.parametrize("other", ["12 guests", "at least 12 guests", "up to 13 guests"])
def test_another_bound(other: str) -> None:
    assert bounds("up to 12 guests") != bounds(other)


def test_a_sentence_without_them_says_where_they_stood() -> None:
    bare, found = without_bounds("Up to 12 guests, and at least three rooms.")
    assert bare == "12 guests, and three rooms."
    assert {bare[at:].split()[0]: bound for at, bound in found.items()} == {
        "12": "most", "three": "least",
    }  # fmt: skip
    assert without_bounds("Only teams that grow up to be at least good.") == (
        "Only teams that grow up to be at least good.", {},
    )  # fmt: skip
