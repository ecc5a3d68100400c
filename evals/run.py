"""One run: each suite on the same ground, one after the other."""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import httpx

from app.authz.levels import load_levels
from app.errors import PortcullisError
from app.settings import PROJECT
from evals.bench.scratch import scratch
from evals.gates.report import Report, Result
from evals.ground.ground import Ground
from evals.suites.suite import Found, Suite

CHUNKS = 20_000
"""For so many the scratch server is sized."""


async def run(
    suites: Sequence[Suite],
    begun: Report,
    data: Path,
    say: Callable[[str], None],
    keep: Callable[[Report], None],
    folder: Path | None = None,
) -> Report:
    """Run the suites that `begun` holds no result of: it says with which effort and seed, and what
    they will be held to. One that fails is an error in the report, and the next ones go on. The
    report as far as it is goes to `keep` after each.

    `folder` is an empty one for the scratch data, removed at the end; None: a temporary one.
    """
    known = {result.suite: result for result in begun.results}
    results: list[Result] = []

    def so_far() -> Report:
        return replace(begun, at=datetime.now(UTC), results=tuple(results))

    levels = load_levels(PROJECT / "policies")
    with scratch(folder, CHUNKS, levels, keep=False) as server:
        stack = AsyncExitStack()
        ground = Ground(begun.effort, begun.seed, server, data, stack, say)
        try:
            for suite in suites:
                if suite.name in known:
                    results.append(known[suite.name])
                    continue
                say(f"{suite.name}: {suite.about}")
                results.append(await result(suite, ground))
                keep(so_far())
        finally:
            closing = await _caught("closing", "What the suites opened is closed.", _close(stack))
        if closing.error:
            results.append(closing)
    return so_far()


async def result(suite: Suite, ground: Ground) -> Result:
    """What one suite found, or why it did not run to its end."""
    return await _caught(suite.name, suite.about, suite.run(ground))


async def _caught(name: str, about: str, work: Awaitable[Found]) -> Result:
    at, began = datetime.now(UTC), perf_counter()
    try:
        found = await work
    except PortcullisError as error:
        return Result(name, about, perf_counter() - began, error=error.message, at=at)
    except Exception as error:
        # a suite that breaks is a gate that fails, and no reason to lose what the others found;
        # where it broke is told, its words are not: they may hold anything
        frames = traceback.extract_tb(error.__traceback__)
        places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames]
        said = f"{type(error).__name__} at {places[-1]}, by way of {', '.join(places[-2:-6:-1])}"
        if isinstance(error, httpx.HTTPStatusError):
            said = f"answered {error.response.status_code}: {said}"
        return Result(name, about, perf_counter() - began, error=said, at=at)
    names = [measure.name for measure in found.measures]
    twice = sorted({one for one in names if names.count(one) > 1})
    return Result(
        name, about, perf_counter() - began, found.measures, found.cases, found.notes,
        error=f"more than one measure is named {', '.join(twice)}" if twice else "", at=at,
    )  # fmt: skip


async def _close(stack: AsyncExitStack) -> Found:
    await stack.aclose()
    return Found(())
