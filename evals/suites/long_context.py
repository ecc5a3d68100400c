"""Whether an answer is found wherever its passage stands among many.

The passages are those of a made-up company that one person may read, all about the like; the one
with the answer is put at each place in turn among the same others.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import NAMESPACE_URL, uuid5

import numpy as np

from app.answering.evidence import choose_quotes
from app.answering.pipeline import PASSAGES
from app.domain.scope import Passage
from app.inference.embed import WordedEmbedder
from evals.ground.company import Paper, make
from evals.ground.ground import Ground
from evals.measures.intervals import mean
from evals.measures.measure import Measure
from evals.measures.spread import Totals, of_totals
from evals.suites.suite import Case, Found, Risk, Suite

PLACES = (1, 2, 3, 5, 8, 12, 16, PASSAGES)
_ASKED = {
    "budget": "How many euros may {name} spend?",
    "lease": "For how many months do we still rent {name}?",
    "supplier": "What arrives each week for {name}?",
    "bonus": "What do people get on top for {name}?",
    "test": "How many times did {name} not pass its test?",
    "visit": "How long do visitors of {name} stay?",
}
"""The questions of the papers in words that the papers do not have."""


async def run(ground: Ground) -> Found:
    chance = ground.chance("long context")
    questions = ground.samples(120, 600)
    company = make(chance, papers=max(questions // 2, 2 * PASSAGES))
    embedder = ground.keeping().embedder
    answered: dict[str, tuple[float, ...]] = {}
    for n in range(questions):
        paper = company.papers[n // 2]
        question = paper.question if n % 2 else _reworded(paper)
        others = chance.sample([p for p in company.papers if p is not paper], PASSAGES - 1)
        answered[question] = tuple(
            [await _answered(embedder, question, paper, others, place) for place in PLACES]
        )
    by_place = [
        mean(f"answered, place {place}", {q: row[n] for q, row in answered.items()}, ground.seed)
        for n, place in enumerate(PLACES)
    ]
    cases = [
        Case(f"{question} at {_lost(row)}", "not answered there, but elsewhere")
        for question, row in answered.items()
        if 0 < sum(row) < len(row)
    ]
    return Found([_worst(answered, ground.seed), *by_place], cases)


async def _answered(
    embedder: WordedEmbedder, question: str, paper: Paper, others: Sequence[Paper], place: int
) -> float:
    around = [_passage(other) for other in others]
    passages = [*around[: place - 1], _passage(paper), *around[place - 1 :]]
    quotes = await choose_quotes(embedder, question, passages)
    return float(any(paper.fact in quote.shown for quote in quotes))


def _worst(answered: dict[str, tuple[float, ...]], seed: int) -> Measure:
    """How much less is answered at the worst place than at the best. Both are chosen anew in every
    draw of questions, so that the interval holds what choosing them adds."""

    def figure(totals: Totals) -> Totals:
        return np.asarray((totals.max(axis=1) - totals.min(axis=1)) / len(answered))

    return of_totals("best place above worst", answered, figure, seed)


def _lost(row: Sequence[float]) -> str:
    return ", ".join(str(place) for place, found in zip(PLACES, row, strict=True) if not found)


def _reworded(paper: Paper) -> str:
    return _ASKED[paper.title.partition(" ")[0].lower()].format(name=paper.name)


def _passage(paper: Paper) -> Passage:
    key = uuid5(NAMESPACE_URL, paper.external_id)
    return Passage(
        key, key, paper.external_id, "", paper.title, "", paper.level, heading="", page=None,
        text=paper.body, score=1.0,
    )  # fmt: skip


SUITE = Suite(
    "long_context",
    "The passage with the answer at each place among as many as are looked through for evidence:"
    " what is answered from the worst place against the best.",
    (Risk.MISINFORMATION, Risk.CONFABULATION),
    run,
)
