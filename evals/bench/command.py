"""The command behind `portcullis bench search`: a composition root."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from app.authz.levels import load_levels
from app.errors import InvalidInput
from evals.bench import ingestion
from evals.bench.options import Options
from evals.bench.plots import draw
from evals.bench.report import tables, write
from evals.bench.run import run
from evals.bench.scratch import scratch
from evals.bench.workloads import WORKLOADS
from evals.progress import Progress


def search(options: Options) -> None:
    """Measure, print the tables, and write `report.json` and a plot for each workload.

    Progress goes to standard error. Raises InvalidInput in words for whoever chose the options.
    """
    options.check(list(WORKLOADS))
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput(f"{options.out} cannot be made ({error.strerror})") from error
    progress = Progress(often=("chunks loaded", " rows"))
    report = asyncio.run(run(options, progress))
    progress.end()
    print("\n\n".join(tables(report)))
    written = [write(report, options.out), *draw(report, options.out)]
    print("\nwritten: " + ", ".join(str(path) for path in written))


def ingest(folders: Sequence[Path], documents: int, rounds: int) -> None:
    """Measure on folders and print the table. Raises InvalidInput."""
    if documents < 1 or rounds < 1:
        raise InvalidInput("take at least one document, and one round")
    progress = Progress()
    levels = load_levels(ingestion.POLICIES)
    with scratch(None, documents, levels, keep=False) as server:
        timed = asyncio.run(ingestion.measure(server, folders, documents, rounds, progress))
    progress.end()
    print(ingestion.shown(timed))
