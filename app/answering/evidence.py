"""The sentences that answer a question, chosen from authorised passages."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.answering.dissent import dissenting
from app.answering.named import Named
from app.answering.sentences import says_something, sentences
from app.answering.words import content_words
from app.domain.answer import Quote
from app.domain.scope import Passage
from app.inference.embed import Vector, WordedEmbedder

# The figures below were chosen together, on 20 answerable and 10 unanswerable questions about a
# real handbook of 880 pages and 44 about the demo company: the answer stood among the quotes for
# 44 of 52, and nothing was quoted for any that cannot be answered.
MOST_QUOTES = 3
MOST_SENTENCES = 200
MOST_NEAR = 40
"""Of the best, so many are compared once more without the names in them."""
WORDS_WEIGHT = 0.35
"""How much shared rare words count beside the cosine of meanings."""
RANK_WEIGHT = 0.05
"""How much the passage's own rank counts: its neighbours are about the question too."""
ENOUGH = 0.62
"""Below this score nothing answers the question: the unanswerable ones reached 0.56 at most."""
ENOUGH_UNNAMED = 0.5
"""The same for what is asked of something that it names, without the name: of 400 questions about
another thing of a name that is there 18 reached it, and the right ones 0.81 at least. Of 72
questions about a real handbook it took the right page from among the quotes of 4."""
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
    embedder: WordedEmbedder, question: str, passages: Sequence[Passage]
) -> tuple[Quote, ...]:
    """The one to three sentences that answer best, best first, and behind them the one that
    disagrees with the best, if any does; none when none is good enough."""
    named = await asyncio.to_thread(Named.of, question, embedder)
    candidates = _candidates(named.about(passages))
    if not candidates:
        return ()
    texts = [question, *map(_with_subject, candidates)]
    question_vector, *vectors = await asyncio.to_thread(embedder.embed, texts)
    scores = _scores(content_words(question), question_vector, candidates, vectors)
    order = sorted(range(len(candidates)), key=lambda index: (-scores[index], index))
    best = scores[order[0]]
    if best < ENOUGH:
        return ()
    near = [index for index in order if scores[index] >= best - CLOSE]
    if named.tells:
        near = await _of_what_is_asked(embedder, named, question, candidates, near[:MOST_NEAR])
        if not near or scores[near[0]] < ENOUGH:
            return ()

    def repeats(index: int, others: Sequence[int]) -> bool:
        return any(
            _cosine(vectors[index], vectors[other]) >= SAME
            or candidates[index].shown == candidates[other].shown
            for other in others
        )

    chosen = _varied(near, repeats)

    def quote(index: int) -> Quote:
        of = candidates[index]
        return Quote(of.passage, of.raw, of.shown, scores[index])

    quotes = tuple(quote(index) for index in chosen)
    other = dissenting(question, quotes, (quote(i) for i in near if i not in chosen))
    return (*quotes, other) if other else quotes


async def _of_what_is_asked(
    embedder: WordedEmbedder,
    named: Named,
    question: str,
    candidates: Sequence[_Candidate],
    near: Sequence[int],
) -> list[int]:
    """Those that are also about what is asked of what is named: a name that both have makes two
    sentences alike, whatever they say of it."""
    these = [candidates[index] for index in near]
    texts = [named.unnamed(text) for text in (question, *map(_with_subject, these))]
    question_vector, *vectors = await asyncio.to_thread(embedder.embed, texts)
    scores = _scores(named.asked(question), question_vector, these, vectors)
    return [index for index, score in zip(near, scores, strict=True) if score >= ENOUGH_UNNAMED]


def _scores(
    asked: set[str], question: Vector, candidates: Sequence[_Candidate], vectors: Sequence[Vector]
) -> list[float]:
    """How well each candidate answers, about 0 to 1.4: by its meaning, by the asked words that it
    has, and by its passage's rank."""
    weights = _rarity(asked, candidates)
    return [
        _cosine(question, vector)
        + WORDS_WEIGHT * _shared(asked, candidate, weights)
        + RANK_WEIGHT / candidate.rank
        for candidate, vector in zip(candidates, vectors, strict=True)
    ]


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
