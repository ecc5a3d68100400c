"""Masked text is read as a reader sees it, and every place is known in the original."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.inference.joined import joined
from app.inference.unmask import unmask


@pytest.mark.parametrize(
    "masked",
    [
        "4111\u200b1111", "&#52;111&#x31;111", "4111&amp;#8203;1111", "4lll llll",
        "".join(chr(0xFF10 + int(d)) for d in "41111111"), "4111\u00ad1111",
    ],
)  # fmt: skip
def test_what_is_masked_is_read_and_found_again(masked: str) -> None:
    text = f"caf\u00e9 {masked} end"
    plain = unmask(text)
    shown = "4111 1111" if " " in masked else "41111111"
    start = plain.text.index(shown)
    first, last = plain.original(start, start + len(shown))
    assert text[first:last] == masked


@given(st.text("a4&#;5lO\u200b\u0410\uff14 \n", max_size=60))
def test_places_stay_in_order_and_within(text: str) -> None:
    plain = unmask(text)
    places = [plain.original(n, n + 1) for n in range(len(plain.text))]
    assert all(0 <= first < last <= len(text) for first, last in places)
    assert all(one[1] <= other[0] for one, other in pairwise(places))


def test_a_number_over_a_line_break_is_joined() -> None:
    text = "card 4111 1111 11\n> 11 1111 is"
    [part] = joined(text)
    start = part.plain.text.index("4111")
    end = part.plain.text.index(" is")
    assert part.plain.text[start:end] == "4111 1111 1111 1111"
    assert part.over_a_cut(start, end)
    first, last = part.plain.original(start, end)
    assert text[part.first + first : part.first + last] == "4111 1111 11\n> 11 1111"


def test_a_list_of_numbered_lines_is_not_joined() -> None:
    assert list(joined("In 2024\n1. Leave\n2. Pay")) == []
