"""Cards of every range that is issued are found, and what only looks like one is not."""

from __future__ import annotations

import pytest

from app.inference.detect import Detector

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def cards() -> Detector:
    return Detector(frozenset({"CREDIT_CARD"}), 0.4)


def numbered(prefix: str, digits: int) -> str:
    """A number of so many digits that begins so, with the check digit of Luhn at its end."""
    body = prefix.ljust(digits - 1, "3")
    doubled = [int(d) * (2 - n % 2) for n, d in enumerate(reversed(body))]
    return body + str(-sum(d // 10 + d % 10 for d in doubled) % 10)


@pytest.mark.parametrize(
    ("prefix", "digits"),
    [
        ("4", 16), ("4", 19), ("51", 16), ("2221", 16), ("2400", 16), ("2720", 16), ("5018", 12),
        ("6759", 16), ("6304", 19), ("2131", 15),
    ],
)  # fmt: skip
@pytest.mark.parametrize("gap", ["", " ", "-"])
def test_a_card_is_found_however_it_is_written(
    cards: Detector, prefix: str, digits: int, gap: str
) -> None:
    card = numbered(prefix, digits)
    written = gap.join(card[n : n + 4] for n in range(0, digits, 4))
    text = f"Paid by credit card {written}, thank you."
    [found] = {text[e.start : e.end] for e in cards.detect(text)}
    assert found == written


@pytest.mark.parametrize("prefix", ["4", "2221", "6759"])
def test_a_number_with_a_wrong_check_digit_is_no_card(cards: Detector, prefix: str) -> None:
    card = numbered(prefix, 16)
    wrong = card[:-1] + str((int(card[-1]) + 1) % 10)
    assert cards.detect(f"The credit card {wrong} is a part number.") == ()


def test_a_number_outside_the_ranges_is_no_card(cards: Detector) -> None:
    assert cards.detect(f"Part {numbered('2721', 16)} is on the shelf.") == ()
