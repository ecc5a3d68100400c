"""A question as it is worked on."""

from __future__ import annotations

from app.errors import InvalidInput

LONGEST_QUESTION = 2_000


def checked(question: str) -> str:
    """The question on one line. Raises InvalidInput when it is empty or too long."""
    question = " ".join(question.replace("\x00", " ").split())
    if not question:
        raise InvalidInput("ask a question; this one is empty")
    if len(question) > LONGEST_QUESTION:
        raise InvalidInput(f"the question is longer than {LONGEST_QUESTION} characters; shorten it")
    return question
