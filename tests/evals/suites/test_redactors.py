"""What redaction replaced is worked out from the two texts."""

from __future__ import annotations

import pytest

from evals.suites.pii.redactors import replaced

pytestmark = pytest.mark.integration


def test_marks_become_the_spans_that_they_stand_for() -> None:
    text = "Call 555-0100 or 555-0199, card 4111."
    redacted = "Call [PHONE NUMBER 1] or [PHONE NUMBER 2], card [CREDIT CARD 1]."
    assert [(type_, text[a:b]) for type_, (a, b) in replaced(text, redacted)] == [
        ("PHONE_NUMBER", "555-0100"), ("PHONE_NUMBER", "555-0199"), ("CREDIT_CARD", "4111"),
    ]  # fmt: skip


def test_a_text_without_marks_has_none() -> None:
    assert replaced("as it was", "as it was") == []
