"""Passages set apart from everything else in a prompt (Hines et al., 2024, "Defending against
indirect prompt injection attacks with spotlighting"): fenced by a code, and marked word by word."""

from __future__ import annotations

import hashlib
import hmac

from app.answering.neutral import neutral
from app.domain.scope import Passage

MARK = "¦"
"""Stands instead of every blank of a passage. No passage can hold it: it is taken out before. One
token in most vocabularies, which a character of the private use area is not."""


def fence(key: str, question: str, scope: str) -> str:
    """The code of one request, which whoever wrote a document cannot know: a keyed hash of the
    question and the scope, so that the prompt can be built again."""
    words = f"fence\0{scope}\0{question}".encode()
    return hmac.new(key.encode(), words, hashlib.sha256).hexdigest()[:16]


def fenced(number: int, passage: Passage, code: str) -> str:
    """A numbered passage between two lines with the code, marked."""
    place = f"{passage.title} › {passage.heading}" if passage.heading else passage.title
    return (
        f"[{number}] begin {code}\n{_marked(place)}\n{_marked(passage.text)}\n[{number}] end {code}"
    )


def unmarked(text: str) -> str:
    """What a model wrote, where it repeats marked text."""
    return text.replace(MARK, " ")


def _marked(text: str) -> str:
    """Every line begins with the mark, and its words stand between marks."""
    lines = neutral(text).replace(MARK, " ").split("\n")
    return "\n".join(MARK + MARK.join(line.split()) for line in lines if line.strip())
