"""The command behind `portcullis evals mutants`: a composition root."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Sequence
from pathlib import Path

from app.cli.tables import table
from app.errors import InvalidInput
from app.telemetry import configure_logs
from evals.command import SEED_BITS
from evals.ground.data import DATA
from evals.mutants.registry import MUTANTS
from evals.mutants.trial import Trial, tried
from evals.progress import Progress
from evals.suites.suite import Suite


def run(suites: Sequence[Suite], *, part: float, seed: int | None, data: Path | None) -> bool:
    """Try all mutants of the suites and print the table; say whether each was noticed.

    Progress goes to standard error. Raises InvalidInput in words for whoever chose the options.
    """
    if seed is not None and seed < 0:
        raise InvalidInput("a seed is a whole number from 0 on")
    names = {suite.name for suite in suites}
    mine = [mutant for mutant in MUTANTS if mutant.suite in names]
    if not mine:
        raise InvalidInput(f"there is no fault for {', '.join(sorted(names))}")
    configure_logs(logging.CRITICAL)
    drawn = secrets.randbits(SEED_BITS) if seed is None else seed
    progress = Progress()
    progress(f"seed {drawn}")
    trials = asyncio.run(tried(suites, mine, drawn, data or DATA, progress, part))
    progress.end()
    print(_table(trials))
    print(_sum(trials, drawn))
    return all(not one.broke and (one.control or one.missed) for one in trials)


def _table(trials: Sequence[Trial]) -> str:
    rows = [(one.suite, one.mutant, _noticed(one), f"{one.seconds:.0f} s") for one in trials]
    return table(("suite", "fault", "bars that it misses", "took"), rows)


def _noticed(trial: Trial) -> str:
    if trial.missed:
        more = f", and {len(trial.missed) - 1} more" if len(trial.missed) > 1 else ""
        return trial.missed[0] + more
    if trial.broke:
        return f"NOT NOTICED: it broke ({trial.broke})"
    return "all met" if trial.control else "NOT NOTICED"


def _sum(trials: Sequence[Trial], seed: int) -> str:
    faults = [trial for trial in trials if not trial.control]
    noticed = sum(bool(trial.missed) for trial in faults)
    said = f"{noticed} of {len(faults)} faults are noticed by their suite (seed {seed})."
    weak = [trial.suite for trial in trials if trial.control and trial.missed]
    if weak:
        said += f" Without any fault {', '.join(weak)} misses bars, which notice nothing."
    return said
