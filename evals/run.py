"""One run: each suite on the same ground, one after the other."""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from app.authz.levels import load_levels
from app.errors import PortcullisError
from app.settings import PROJECT
from evals.bench.scratch import scratch
from evals.gates.report import Report, Result
from evals.gates.thresholds import Thresholds
from evals.ground.ground import Effort, Ground
from evals.suites.suite import Found, Suite

CHUNKS = 20_000
"""For so many the scratch server is sized."""


async def run(
    suites: Sequence[Suite],
    effort: Effort,
    seed: int,
    data: Path,
    release: str,
    say: Callable[[str], None],
    thresholds: Thresholds,
    folder: Path | None = None,
) -> Report:
    """Run the suites. One that fails is an error in the report, and the next ones go on.

    `thresholds` are what the report will be held to: it names them by their digest.
    `folder` is an empty one for the scratch data, removed at the end; None: a temporary one.
    """
    results = []
    levels = load_levels(PROJECT / "policies")
    with scratch(folder, CHUNKS, levels, keep=False) as server:
        stack = AsyncExitStack()
        ground = Ground(effort, seed, server, data, stack, say)
        try:
            for suite in suites:
                say(f"{suite.name}: {suite.about}")
                results.append(await result(suite, ground))
        finally:
            closing = await _caught("closing", "What the suites opened is closed.", _close(stack))
        if closing.error:
            results.append(closing)
    return Report(datetime.now(UTC), release, effort, seed, thresholds.digest, tuple(results))


async def result(suite: Suite, ground: Ground) -> Result:
    """What one suite found, or why it did not run to its end."""
    return await _caught(suite.name, suite.about, suite.run(ground))


async def _caught(name: str, about: str, work: Awaitable[Found]) -> Result:
    began = perf_counter()
    try:
        found = await work
    except PortcullisError as error:
        return Result(name, about, perf_counter() - began, error=error.message)
    except Exception as error:
        # a suite that breaks is a gate that fails, and no reason to lose what the others found;
        # where it broke is told, its words are not: they may hold anything
        place = traceback.extract_tb(error.__traceback__)[-1]
        said = f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}"
        return Result(name, about, perf_counter() - began, error=said)
    names = [measure.name for measure in found.measures]
    twice = sorted({one for one in names if names.count(one) > 1})
    return Result(
        name, about, perf_counter() - began, found.measures, found.cases, found.notes,
        error=f"more than one measure is named {', '.join(twice)}" if twice else "",
    )  # fmt: skip


async def _close(stack: AsyncExitStack) -> Found:
    await stack.aclose()
    return Found(())
