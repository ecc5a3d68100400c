"""The Cranfield collection: 1,400 abstracts about aerodynamics, 225 questions, judgements."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.ground.ground import Missing

_DOCUMENT = re.compile(
    r"<docno>\s*(\d+)\s*</docno>\s*<title>(.*?)</title>.*?<text>(.*?)</text>", re.DOTALL
)
_QUERY = re.compile(r"<num>\s*\d+\s*</num>\s*<title>(.*?)</title>", re.DOTALL)
_DRAWN = "which questions a small run asks"


@dataclass(frozen=True, slots=True)
class Abstract:
    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A question; `gains` holds 1 for what is relevant and 0 for what was judged not to be."""

    id: str
    text: str
    gains: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Cranfield:
    abstracts: Sequence[Abstract]
    questions: Sequence[Judged]

    def part(self, questions: int, abstracts: int) -> Cranfield:
        """So many questions, with every abstract judged for one of them, and others up to
        `abstracts`. The same ones in every run: two releases are compared question by question."""
        if questions >= len(self.questions):
            return self
        chance = random.Random(_DRAWN)  # noqa: S311
        asked = chance.sample(self.questions, questions)
        judged = {id_ for question in asked for id_ in question.gains}
        others = [a.id for a in self.abstracts if a.id not in judged]
        kept = judged | set(chance.sample(others, max(0, abstracts - len(judged))))
        return Cranfield([a for a in self.abstracts if a.id in kept], asked)


def load(folder: Path) -> Cranfield:
    """All of it. Raises Missing when the files are not what they should be."""
    documents = (folder / "cran.all.1400.xml").read_text(encoding="utf-8")
    abstracts = [
        Abstract(id_, _line(title), _line(text))
        for id_, title, text in _DOCUMENT.findall(documents)
    ]
    gains: dict[str, dict[str, float]] = {}
    for line in (folder / "cranqrel.trec.txt").read_text(encoding="utf-8").splitlines():
        question, _, document, grade = line.split()
        gains.setdefault(question, {})[document] = float(int(grade) > 0)
    # judgements count the questions from 1; the numbers that stand with them have gaps
    texts = _QUERY.findall((folder / "cran.qry.xml").read_text(encoding="utf-8"))
    questions = [
        Judged(str(n), _line(text), gains[str(n)])
        for n, text in enumerate(texts, start=1)
        if any(gains.get(str(n), {}).values())
    ]
    if len(abstracts) < 1_000 or len(questions) < 200:
        raise Missing(f"{folder} holds no Cranfield collection of 1,400 abstracts, 225 questions")
    return Cranfield(abstracts, questions)


def _line(text: str) -> str:
    return " ".join(text.split())
