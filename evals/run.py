"""One run: each suite on the same ground, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import structlog

from app.authz.levels import load_levels
from app.errors import PortcullisError
from app.settings import PROJECT
from evals.bench.scratch import scratch
from evals.gates.report import Report, Result
from evals.gates.thresholds import Thresholds
from evals.ground.ground import Effort, Ground
from evals.suites.suite import Suite

CHUNKS = 20_000
"""For so many the scratch server is sized."""

_log = structlog.get_logger(__name__)


async def run(
    suites: Sequence[Suite],
    effort: Effort,
    seed: int,
    data: Path,
    release: str,
    say: Callable[[str], None],
) -> Report:
    """Run the suites. One that fails is an error in the report, and the next ones go on."""
    results = []
    levels = load_levels(PROJECT / "policies")
    with scratch(None, CHUNKS, levels, keep=False) as server:
        async with AsyncExitStack() as stack:
            ground = Ground(effort, seed, server, data, stack, say)
            for suite in suites:
                say(f"{suite.name}: {suite.about}")
                results.append(await _result(suite, ground))
    return Report(
        datetime.now(UTC), release, effort, seed, Thresholds.load().digest, tuple(results)
    )


async def _result(suite: Suite, ground: Ground) -> Result:
    began = perf_counter()
    try:
        found = await suite.run(ground)
    except PortcullisError as error:
        return Result(suite.name, suite.about, perf_counter() - began, error=error.message)
    except Exception as error:
        # a suite that breaks is a gate that fails, and no reason to lose what the others found
        _log.exception("suite_broke", suite=suite.name)
        kind = f"{type(error).__name__} in the suite itself; the log says where"
        return Result(suite.name, suite.about, perf_counter() - began, error=kind)
    return Result(
        suite.name, suite.about, perf_counter() - began, found.measures, found.cases, found.notes
    )
