"""The command behind `portcullis bench search`: a composition root."""

from __future__ import annotations

import asyncio
import sys
from time import monotonic

from app.errors import InvalidInput
from evals.bench.options import Options
from evals.bench.plots import draw
from evals.bench.report import tables, write
from evals.bench.run import run
from evals.bench.workloads import WORKLOADS


def search(options: Options) -> None:
    """Measure, print the tables, and write `report.json` and a plot for each workload.

    Progress goes to standard error. Raises InvalidInput in words for whoever chose the options.
    """
    options.check(list(WORKLOADS))
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput(f"{options.out} cannot be made ({error.strerror})") from error
    report = asyncio.run(run(options, Progress()))
    print("\n\n".join(tables(report)))
    written = [write(report, options.out), *draw(report, options.out)]
    print("\nwritten: " + ", ".join(str(path) for path in written))


class Progress:
    """Says on standard error what is being done: on a terminal in one line that changes."""

    def __init__(self) -> None:
        self._began = monotonic()
        self._subject = ""

    def __call__(self, what: str) -> None:
        seconds = f"{monotonic() - self._began:6.0f} s"
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{seconds}  {what}\033[K")
        elif "chunks loaded" not in what and " rows" not in what:
            sys.stderr.write(f"{seconds}  {what}\n")
        sys.stderr.flush()
