"""Every contender on the same queries, one after the other, so that noise meets all alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from app.errors import EnforcementBroken
from evals.bench.asking import Questions
from evals.bench.contender import Answer, Asking, Contender, K
from evals.bench.door import Door
from evals.bench.exact import nearest, recall
from evals.bench.plain import LADDER, Plain
from evals.bench.vectors import Vectors
from evals.bench.whole import Portcullis

WARMING = 3
"""Queries before those that are timed."""
ENOUGH = 0.99
"""The recall that the unfiltered index needs where the product finds more."""


@dataclass(frozen=True, slots=True)
class Line:
    """One contender as one subject. Times in milliseconds; recall of the `K` nearest against exact
    search over what it should find; `forbidden` counts chunks that it returned and the subject may
    not read. `system_*` are the times with authorisation and text, the same where the search
    contains them; `ef` is hnsw.ef_search where there is one."""

    contender: str
    queries: int
    p50: float
    p95: float
    system_p50: float
    system_p95: float
    recall: float
    recall_inside: float
    recall_outside: float
    forbidden: int
    ef: int | None = None


@dataclass(frozen=True)
class Field:
    """Who takes part: the product; the unfiltered index, once with as much recall as the product
    and once with `ENOUGH` where that is less; the ordinary policy; and other engines, these on
    every `peer_every`-th query."""

    portcullis: Portcullis
    baseline: Plain
    enough: Plain
    ruled: Plain
    peers: Sequence[Contender]
    peer_every: int
    door: Door


async def measure(field: Field, vectors: Vectors, asking: Asking, asked: Questions) -> list[Line]:
    """One line for each contender; the baseline's recall is that over all chunks.

    Raises EnforcementBroken when the product returns, or lets another engine return as a system,
    what the subject may not read.
    """
    mine = nearest(vectors, np.flatnonzero(asking.readable), asked.vectors, K)
    everyones = nearest(vectors, None, asked.vectors, K)
    always: list[Contender] = [field.portcullis, field.baseline, field.enough, field.ruled]
    unfiltered = (field.baseline, field.enough)
    contenders = [*always, *field.peers]
    for contender in contenders:
        await contender.prepare(asking)
    await _choose_ef(field, asking, asked, mine, everyones)
    for contender in [field.ruled, *field.peers]:
        for vector in asked.vectors[:WARMING]:
            await contender.search(asking, vector)

    answers: dict[str, list[tuple[int, Answer]]] = defaultdict(list)
    for n, vector in enumerate(asked.vectors):
        here = contenders if n % field.peer_every == 0 else always
        for turn in range(len(here)):
            contender = here[(n + turn) % len(here)]
            answer = await contender.search(asking, vector)
            if contender not in always:
                answer = await _as_a_system(field.door, asking, answer)
                _must_be_readable(asking, answer.authorised)
            elif contender is field.portcullis:
                _must_be_readable(asking, answer.chunks)
            answers[contender.name].append((n, answer))
    return [
        _line(
            contender,
            answers[contender.name],
            everyones if contender in unfiltered else mine,
            asking,
            asked,
            filtered=contender not in unfiltered,
        )
        for contender in contenders
    ]


async def _choose_ef(
    field: Field,
    asking: Asking,
    asked: Questions,
    mine: Sequence[tuple[int, ...]],
    everyones: Sequence[tuple[int, ...]],
) -> None:
    """Give the baseline the least hnsw.ef_search with which its recall is that of the product, or
    the most that there is; the ordinary policy gets the same."""
    wanted = await _recall(field.portcullis, asking, asked, mine)
    known: dict[int, float] = {}

    async def least(recall: float) -> int:
        low, high = 0, len(LADDER) - 1
        while low < high:
            middle = (low + high) // 2
            if middle not in known:
                field.baseline.ef = LADDER[middle]
                known[middle] = await _recall(field.baseline, asking, asked, everyones)
            low, high = (low, middle) if known[middle] >= recall else (middle + 1, high)
        return LADDER[low]

    field.enough.ef = await least(min(wanted, ENOUGH))
    field.baseline.ef = field.ruled.ef = await least(wanted)


async def _recall(
    contender: Contender, asking: Asking, asked: Questions, true: Sequence[tuple[int, ...]]
) -> float:
    total = 0.0
    for vector, best in zip(asked.vectors, true, strict=True):
        total += recall((await contender.search(asking, vector)).chunks, best)
    return total / len(true)


async def _as_a_system(door: Door, asking: Asking, answer: Answer) -> Answer:
    began = perf_counter()
    authorised = await door.read(asking, answer.chunks)
    taken = answer.seconds + perf_counter() - began
    return Answer(answer.chunks, answer.seconds, taken, authorised)


def _line(
    contender: Contender,
    answers: Sequence[tuple[int, Answer]],
    true: Sequence[tuple[int, ...]],
    asking: Asking,
    asked: Questions,
    *,
    filtered: bool,
) -> Line:
    recalls = np.array([recall(answer.chunks, true[n]) for n, answer in answers])
    inside = np.array([asked.inside[n] for n, _ in answers])
    times = 1000 * np.array([answer.seconds for _, answer in answers])
    system = 1000 * np.array(
        [answer.seconds if answer.system is None else answer.system for _, answer in answers]
    )
    forbidden = sum(int((~asking.readable[list(answer.chunks)]).sum()) for _, answer in answers)
    return Line(
        contender=contender.name,
        queries=len(answers),
        p50=float(np.percentile(times, 50)),
        p95=float(np.percentile(times, 95)),
        system_p50=float(np.percentile(system, 50)),
        system_p95=float(np.percentile(system, 95)),
        recall=float(recalls.mean()),
        recall_inside=_mean(recalls[inside]),
        recall_outside=_mean(recalls[~inside]),
        forbidden=forbidden if filtered else 0,
        ef=contender.ef if isinstance(contender, Plain) else None,
    )


def _must_be_readable(asking: Asking, chunks: Sequence[int]) -> None:
    if not asking.readable[list(chunks)].all():
        raise EnforcementBroken(
            f"{asking.workload}: {asking.account.email} was shown a chunk that they may not read"
        )


def _mean(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    return float(values.mean()) if len(values) else float("nan")
