"""Messages on a page: sentences, with code as code and everything else as text."""

from __future__ import annotations

import pytest

from app.web.sentences import coded, sentence


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("there is no such page", "There is no such page."),
        ("Ask again.", "Ask again."),
        ("is its body valid JSON?", "Is its body valid JSON?"),
        ("'a' is missing", "'a' is missing."),
        ("", ""),
    ],
)
def test_a_message_becomes_a_sentence(words: str, shown: str) -> None:
    assert sentence(words) == shown


def test_backticks_become_code_and_nothing_else_becomes_markup() -> None:
    assert coded("run `a <b>` or <i>not</i>") == (
        "run <code>a &lt;b&gt;</code> or &lt;i&gt;not&lt;/i&gt;"
    )
    assert coded("one ` alone") == "one ` alone"
