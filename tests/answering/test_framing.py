"""What models put around a statement comes off, and is said."""

from __future__ import annotations

import pytest

from app.answering.framing import unframed

SAID = "The rent is due on the 3rd."


@pytest.mark.parametrize(
    ("said", "about"),
    [
        ("According to the page on Zorban, the rent is due on the 3rd.", "the page on Zorban"),
        ("Based on the provided context, the rent is due on the 3rd.", ""),
        ("As stated in the handbook, the rent is due on the 3rd.", ""),
        ("The travel policy states that the rent is due on the 3rd.", "travel"),
        ("Yes, the passage says that the rent is due on the 3rd.", ""),
        ("The rent is due on the 3rd, according to the passage.", ""),
    ],
)
def test_a_frame_comes_off(said: str, about: str) -> None:
    rest, source = unframed(said)
    assert rest == SAID
    assert set(about.split()) - {"the", "on", "page"} <= set(source.replace(",", "").split())


@pytest.mark.parametrize(
    "said",
    [
        SAID,
        "No, the rent is due on the 3rd.",
        "It is not true that the rent is due on the 3rd.",
        "The page does not say that the rent is due on the 3rd.",
        "Mallory says that the rent is due on the 3rd.",
        "According to the page.",
    ],
)
def test_what_is_no_frame_stays(said: str) -> None:
    assert unframed(said) == (said, "")
