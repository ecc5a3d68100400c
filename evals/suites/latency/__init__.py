"""What the platform adds to the time of its engine: every question is asked of it, and the request
that it makes of it is sent to the engine by itself, one after the other in one run.

Abstracts and questions are those of Cranfield, answered as the product comes: the quotes of what
was found lead, and the packaged model adds its sentence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import Any

import httpx

from app.authz.directory import Person
from app.domain.acl import Acl
from app.domain.source import PushedDocument
from app.inference.embed import LocalEmbedder
from app.runtime.vllm import MODEL
from evals.ground.company import Company
from evals.ground.engine import engine
from evals.ground.ground import Ground
from evals.ground.platform import Platform, platform
from evals.measures.intervals import mean, quantile
from evals.measures.measure import Measure
from evals.suites.latency.asking import Recorder, Timed, of_engine, of_platform, words
from evals.suites.latency.ratio import ratio_of_p95
from evals.suites.retrieval.cranfield import Cranfield, load
from evals.suites.suite import Found, Risk, Suite

AT_ONCE = 4
BLOCK = 12
"""Questions of which a rate is taken."""
READER = Person("reader@evaluated.example", "R")
HALL = {"hall": Acl.parse(["everyone"])}


async def run(ground: Ground) -> Found:
    corpus = load(ground.data_set("retrieval/cranfield")).part(
        ground.samples(24, 225), ground.samples(200, 1_400)
    )
    # vectors that other suites made would be found, not computed
    ground = replace(ground, embedder=LocalEmbedder())
    company = Company((READER,), (), HALL, ())
    with engine(ground) as served:
        async with platform(
            ground, "latency", company, served.url, MODEL, "evidence", served.api_key
        ) as made:
            await made.index(_documents(corpus))
            found = await _timed(ground, made, [one.text for one in corpus.questions])
    ground.scratch.drop("latency")
    return found


def _documents(corpus: Cranfield) -> list[PushedDocument]:
    return [
        PushedDocument(one.id, one.title, one.text.encode(), "text/plain", container="hall",
                       acl=HALL["hall"])
        for one in corpus.abstracts
        if one.text
    ]  # fmt: skip


async def _timed(ground: Ground, made: Platform, questions: Sequence[str]) -> Found:
    recorder = Recorder(made.parts.answering.model.client)
    recorder.begin()
    client = await made.client(READER.email)
    requests: dict[str, dict[str, Any]] = {}
    pairs: list[tuple[Timed, Timed]] = []
    before: list[float] = []
    for question in questions:
        recorder.asked = {}
        began = perf_counter()
        whole = await of_platform(client, question)
        if not recorder.asked:
            continue
        requests[question] = recorder.asked
        before.append(1_000 * (recorder.at - began))
        pairs.append((whole, await of_engine(recorder, recorder.asked)))
    blocks = await _blocks(recorder, client, requests, ground.samples(2, 30))
    added = [1_000 * (whole.last - alone.last) for whole, alone in pairs]
    lengths = [words(asked) for asked in requests.values()]
    notes = [
        f"{len(pairs)} of {len(questions)} questions reach the engine; prompts of"
        f" {min(lengths)} to {max(lengths)} words, {AT_ONCE} at once for the rate"
    ]
    return Found(
        [
            quantile("added to an answer, p95", added, 0.95, "ms"),
            ratio_of_p95("added to an answer at p95, of the engine's", pairs, ground.seed),
            mean("rate lost", blocks, ground.seed, unit="share"),
            quantile("before the engine is asked, p95", before, 0.95, "ms"),
            *_speed("platform", [whole for whole, _ in pairs]),
            *_speed("engine", [alone for _, alone in pairs]),
            mean(
                "engine, pieces a second",
                {str(n): (one.pieces or 0) / one.last for n, (_, one) in enumerate(pairs)},
                ground.seed, unit="1/s",
            ),
        ],
        notes=notes,
    )  # fmt: skip


def _speed(of: str, times: Sequence[Timed]) -> list[Measure]:
    return [
        quantile(f"{of}, {what}, p{share:.0f}", values, share / 100, "ms")
        for what, values in (
            ("first words", [1_000 * one.first for one in times]),
            ("whole answer", [1_000 * one.last for one in times]),
        )
        for share in (50.0, 95.0, 99.0)
    ]


async def _blocks(
    recorder: Recorder,
    client: httpx.AsyncClient,
    requests: dict[str, dict[str, Any]],
    count: int,
) -> dict[str, float]:
    """By block, the share of the engine's answers a second that are lost behind the platform."""
    asked = list(requests.items())
    lost: dict[str, float] = {}
    for n in range(count):
        block = [asked[(n * BLOCK + k) % len(asked)] for k in range(BLOCK)]
        whole = await _together([partial(of_platform, client, q) for q, _ in block])
        alone = await _together([partial(of_engine, recorder, r) for _, r in block])
        lost[f"block {n}"] = 1 - alone / whole
    return lost


async def _together(jobs: Sequence[Callable[[], Awaitable[Timed]]]) -> float:
    """Seconds that the jobs take, a few at once."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(job: Callable[[], Awaitable[Timed]]) -> None:
        async with gate:
            await job()

    began = perf_counter()
    await asyncio.gather(*(one(job) for job in jobs))
    return perf_counter() - began


SUITE = Suite(
    "latency",
    "Questions to the served platform with the packaged model, and the same requests to the engine"
    " by itself: how much later an answer is there, and how many fewer there are a second.",
    (Risk.CONSUMPTION,),
    run,
)
