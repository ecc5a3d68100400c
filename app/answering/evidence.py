"""The sentences that answer a question, chosen from authorised passages."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.answering.dissent import dissenting
from app.answering.sentences import says_something, sentences
from app.answering.words import content_words
from app.domain.answer import Quote
from app.domain.scope import Passage
from app.inference.embed import Embedder, Vector

# The figures below were chosen together, on 20 answerable and 10 unanswerable questions about a
# real handbook of 880 pages and 44 about the demo company: the answer stood among the quotes for
# 44 of 52, and nothing was quoted for any that cannot be answered.
MOST_QUOTES = 3
MOST_SENTENCES = 200
WORDS_WEIGHT = 0.35
"""How much shared rare words count beside the cosine of meanings."""
RANK_WEIGHT = 0.05
"""How much the passage's own rank counts: its neighbours are about the question too."""
ENOUGH = 0.62
"""Below this score nothing answers the question: the unanswerable ones reached 0.56 at most."""
CLOSE = 0.3
"""A further quote must score so close to the best."""
SAME = 0.93
"""Sentences whose cosine is above say the same."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    passage: Passage
    rank: int
    raw: str
    shown: str
    words: frozenset[str]


async def choose_quotes(
    embedder: Embedder, question: str, passages: Sequence[Passage]
) -> tuple[Quote, ...]:
    """The one to three sentences that answer best, best first, and behind them the one that
    disagrees with the best, if any does; none when none is good enough."""
    candidates = _candidates(passages)
    if not candidates:
        return ()
    texts = [question, *(_with_subject(c) for c in candidates)]
    question_vector, *vectors = await asyncio.to_thread(embedder.embed, texts)
    asked = content_words(question)
    weights = _rarity(asked, candidates)
    scored = sorted(
        (
            (
                _cosine(question_vector, vector)
                + WORDS_WEIGHT * _shared(asked, candidate, weights)
                + RANK_WEIGHT / candidate.rank,
                index,
            )
            for index, (candidate, vector) in enumerate(zip(candidates, vectors, strict=True))
        ),
        key=lambda pair: (-pair[0], pair[1]),
    )
    best = scored[0][0]
    if best < ENOUGH:
        return ()

    def repeats(index: int, others: Sequence[int]) -> bool:
        return any(
            _cosine(vectors[index], vectors[other]) >= SAME
            or candidates[index].shown == candidates[other].shown
            for other in others
        )

    near = [index for score, index in scored if score >= best - CLOSE]
    chosen = _varied(near, repeats)
    scores = {index: score for score, index in scored}

    def quote(index: int) -> Quote:
        of = candidates[index]
        return Quote(of.passage, of.raw, of.shown, scores[index])

    quotes = tuple(quote(index) for index in chosen)
    other = dissenting(question, quotes, (quote(i) for i in near if i not in chosen))
    return (*quotes, other) if other else quotes


def _varied(near: Sequence[int], repeats: Callable[[int, Sequence[int]], bool]) -> list[int]:
    """The first `MOST_QUOTES` that repeat none before them."""
    chosen: list[int] = []
    for index in near:
        if len(chosen) == MOST_QUOTES:
            break
        if not repeats(index, chosen):
            chosen.append(index)
    return chosen


def _candidates(passages: Sequence[Passage]) -> list[_Candidate]:
    found: list[_Candidate] = []
    for rank, passage in enumerate(passages, start=1):
        found += [
            _Candidate(passage, rank, raw, shown, frozenset(content_words(shown)))
            for raw, shown in sentences(passage.text)
            if says_something(shown)
        ]
    return found[:MOST_SENTENCES]


def _with_subject(candidate: _Candidate) -> str:
    """A sentence after what its page and section are about, which it often leaves unsaid."""
    heading = candidate.passage.heading.rpartition(" › ")[2]
    return f"{candidate.passage.title}, {heading}: {candidate.shown}"


def _rarity(asked: set[str], candidates: Sequence[_Candidate]) -> dict[str, float]:
    """How much each asked word tells: more, the fewer of the readable sentences have it."""
    counts = Counter(word for c in candidates for word in c.words & asked)
    return {word: math.log(1 + len(candidates) / (1 + counts[word])) for word in asked}


def _shared(asked: set[str], candidate: _Candidate, weights: dict[str, float]) -> float:
    total = sum(weights.values())
    return sum(weights[word] for word in candidate.words & asked) / total if total else 0.0


def _cosine(one: Vector, other: Vector) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))
