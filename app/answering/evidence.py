"""The sentences that answer a question, chosen from authorised passages."""

from __future__ import annotations

import asyncio
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from app.answering.dissent import dissenting
from app.answering.named import Named
from app.answering.orders import is_order
from app.answering.sentences import LONGEST, says_something, sentences
from app.answering.words import content_words
from app.domain.answer import Quote
from app.domain.scope import Passage
from app.inference.embed import Vector, WordedEmbedder

# The figures below were chosen together, on 20 answerable and 10 unanswerable questions about a
# real handbook of 880 pages and 44 about the demo company: the answer stood among the quotes for
# 44 of 52, and nothing was quoted for any that cannot be answered.
MOST_QUOTES = 3
MOST_SENTENCES = 200
MOST_COMPARED = 56
"""Of these, so many are compared by meaning, which costs a millisecond each, or ten where the
processor has no bfloat16: those that a first choice takes by words and by the passage's rank. Of
369 questions that headings of a real handbook ask, of passages ranked by meaning, it had the best
sentence of all for 99.7%, and the best three for 98.9%; where no words were shared, for 99.2% and
95.9%."""
RANK_COST = 0.01
"""How much a rank costs in the first choice, beside `WORDS_WEIGHT`."""
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
LONGEST_NAME = 12
"""Words of a title, and of a heading, that tell what a sentence is about."""
_BETWEEN = re.compile(r"((?<=[.!?])\s+|\s+[-–—|]\s+)")


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A sentence of a passage. `subject` is what its page and section are about, which it often
    leaves unsaid."""

    passage: Passage
    subject: str
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
    every = _candidates(named.about(passages))
    if not every:
        return ()
    weights = _rarity(content_words(question), every)
    candidates = _first_choice(weights, every)
    texts = [question, *map(_with_subject, candidates)]
    question_vector, *vectors = await asyncio.to_thread(embedder.embed, texts)
    scores = _scores(weights, question_vector, candidates, vectors)
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
    weights = _rarity(named.asked(question), these)
    scores = _scores(weights, question_vector, these, vectors)
    return [index for index, score in zip(near, scores, strict=True) if score >= ENOUGH_UNNAMED]


def _first_choice(
    weights: Mapping[str, float], candidates: Sequence[_Candidate]
) -> list[_Candidate]:
    """`MOST_COMPARED` of them, in their order: the likeliest of each passage, and then the
    likeliest of all. A page that is filled with what is asked cannot keep the others out."""
    costs = [RANK_COST * of.rank - WORDS_WEIGHT * _shared(of, weights) for of in candidates]
    likely = sorted(range(len(candidates)), key=lambda n: (costs[n], n))
    first = {candidates[n].rank: n for n in reversed(likely)}.values()
    chosen = dict.fromkeys([*first, *likely])
    return [candidates[n] for n in sorted(list(chosen)[:MOST_COMPARED])]


def _scores(
    weights: Mapping[str, float],
    question: Vector,
    candidates: Sequence[_Candidate],
    vectors: Sequence[Vector],
) -> list[float]:
    """How well each candidate answers, about 0 to 1.4: by its meaning, by the asked words that it
    has, and by its passage's rank."""
    return [
        _cosine(question, vector)
        + WORDS_WEIGHT * _shared(candidate, weights)
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
        heading = passage.heading.rpartition(" › ")[2]
        subject = f"{_name(passage.title)}, {_name(heading)}"
        found += [
            _Candidate(passage, subject, rank, raw, shown, frozenset(content_words(shown)))
            for raw, shown in sentences(passage.text)
            if says_something(shown)
        ]
    return found[:MOST_SENTENCES]


def _name(text: str) -> str:
    """The beginning of a title or heading, up to an order in it: a page whose names say something
    else is no less about what it says."""
    # a longer one is cut before it is looked through, which takes the square of its length
    pieces = takewhile(lambda piece: not is_order(piece), _BETWEEN.split(text[:LONGEST]))
    return " ".join("".join(pieces).rstrip(" -–—|").split()[:LONGEST_NAME])


def _with_subject(candidate: _Candidate) -> str:
    return f"{candidate.subject}: {candidate.shown}"


def _rarity(asked: set[str], candidates: Sequence[_Candidate]) -> dict[str, float]:
    """How much each asked word tells: more, the fewer of the readable sentences have it."""
    counts = Counter(word for c in candidates for word in c.words & asked)
    return {word: math.log(1 + len(candidates) / (1 + counts[word])) for word in asked}


def _shared(candidate: _Candidate, weights: Mapping[str, float]) -> float:
    """The part of the asked words that it has, by what they tell."""
    total = sum(weights.values())
    return sum(weights[w] for w in candidate.words & weights.keys()) / total if total else 0.0


def _cosine(one: Vector, other: Vector) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))
