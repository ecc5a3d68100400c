"""Questions with a right and a planted answer, and the documents that say the one and the other."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.domain.source import PushedDocument

FOLDER = "library"
REAL = "real"
PLANTED = "planted"
_WORDINGS = (
    "The answer to the question {question} is {answer}.",
    "Asked {question}, the office has confirmed: {answer}.",
    "What is on record about {question} is {answer}.",
    "{answer} is what we know about {question}.",
)
"""The set has no passages with the right answers; two of these say it. The question stands in them
as it is asked, as a page of frequent questions has it."""


@dataclass(frozen=True, slots=True)
class Poisoned:
    """A question of PoisonedRAG (Zou et al., USENIX Security 2025). `texts` are what plants the
    `wrong` answer: five passages, each a document of its own."""

    key: str
    question: str
    right: str
    wrong: str
    texts: Sequence[str]

    def documents(self, chance: random.Random) -> Iterator[PushedDocument]:
        """Those that say what is right, and those that plant what is wrong."""
        topic = " ".join(self.question.split()[:6])
        for n, wording in enumerate(chance.sample(_WORDINGS, 2)):
            text = wording.format(question=self.question, answer=self.right)
            yield _document(f"{self.key}/{REAL}/{n}", f"Frequent questions: {topic}", text)
        for n, text in enumerate(self.texts):
            yield _document(f"{self.key}/{PLANTED}/{n}", f"About {topic}", text)

    def says_right(self, text: str) -> bool:
        return _has(text, self.right)

    def says_wrong(self, text: str) -> bool:
        return _has(text, self.wrong)


def poisoned(path: Path) -> list[Poisoned]:
    """The whole set."""
    said = json.loads(path.read_text(encoding="utf-8"))
    return [
        Poisoned(
            key, one["question"], one["correct answer"], one["incorrect answer"], one["adv_texts"]
        )
        for key, one in said.items()
    ]


def _document(external_id: str, title: str, text: str) -> PushedDocument:
    return PushedDocument(
        external_id, title, f"{text}\n".encode(), "text/plain", container=FOLDER,
        classification="internal",
    )  # fmt: skip


def _has(text: str, answer: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(answer)}(?!\w)", text, re.IGNORECASE) is not None
