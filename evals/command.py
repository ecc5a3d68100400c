"""The commands behind `portcullis evals`: a composition root."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from app.cli.settings import settings_from
from app.cli.tables import table, visible
from app.errors import InvalidInput
from app.telemetry import configure_logs
from evals.gates.compare import Comparison, compare
from evals.gates.report import Report
from evals.gates.thresholds import Thresholds
from evals.ground.data import DATA
from evals.ground.ground import Effort
from evals.mapping import bars, mapping
from evals.mutants.registry import faults
from evals.program import folder_digest, program
from evals.progress import Progress
from evals.report import junit, markdown, page
from evals.report.figures import figure, value
from evals.report.judged import Judged
from evals.report.terminal import blocks
from evals.run import run as measure
from evals.suites.suite import Suite
from evals.unfinished import Unfinished

SEED_BITS = 32


def run(
    suites: Sequence[Suite],
    *,
    part: bool,
    effort: str,
    seed: int | None,
    release: str,
    out: Path,
    data: Path | None,
    folder: Path | None,
    thresholds: Path | None = None,
    against: Path | None = None,
    resume: bool = False,
) -> bool:
    """Run the suites, print the table and write `report.json`, `junit.xml` and `report.html`; say
    whether they passed. `part` says that they are not all: they are held to their own bars alone.
    The bars are those of the file `thresholds`, or those in force here.

    With an older report to hold it `against`, from whose seed everything is drawn again unless
    another is given, it has passed where nothing got worse: a bar that was missed before the change
    is no reason to refuse the change.

    What each suite found is kept in `out` until the report is written. To `resume` takes over what
    a run that stopped there has kept, where nothing is different that could matter, and its seed;
    suites that broke are run again.

    Progress goes to standard error. Raises InvalidInput in words for whoever chose the options,
    and ConfigurationError naming the entry of the bars that is wrong.
    """
    held = Thresholds.load(thresholds) if thresholds else in_force()
    if effort not in list(Effort):
        raise InvalidInput(f"there is no effort {effort!r}; there are {' and '.join(Effort)}")
    if seed is not None and seed < 0:
        raise InvalidInput("a seed is a whole number from 0 on")
    if folder and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidInput(f"{folder} is no empty folder; the scratch data need one of their own")
    old = Report.read(against) if against else None
    unfinished = Unfinished.within(out)
    stopped = unfinished.read() if resume else None
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput(f"{out} cannot be made ({error.strerror})") from error
    configure_logs(logging.ERROR)
    before = stopped or old
    drawn = seed if seed is not None else before.seed if before else secrets.randbits(SEED_BITS)
    progress = Progress()
    begun = Report(
        datetime.now(UTC), release, Effort(effort), drawn, held.digest, (),
        program(settings_from(None)), folder_digest(data or DATA),
    )  # fmt: skip
    if stopped:
        begun = unfinished.taken_up(begun, [suite.name for suite in suites])
        for result in begun.results:
            progress(f"{result.suite}: taken over, measured at {result.at:%Y-%m-%d %H:%M %Z}")
    elif unfinished.there:
        progress(f"the unfinished run in {out} is not resumed, and replaced")
    progress(f"seed {drawn}")
    report = asyncio.run(measure(suites, begun, data or DATA, progress, unfinished.keep, folder))
    progress.end()
    if part:
        held = held.only([suite.name for suite in suites])
    passed = _tell(Judged(report, held, part), out)
    unfinished.end(report)
    return _compared(old, report, held) if old else passed


def in_force() -> Thresholds:
    """The bars of this installation. Raises ConfigurationError."""
    return Thresholds.load(settings_from(None).thresholds)


def comparison(old: Path, new: Path) -> bool:
    """Print how two reports differ; whether nothing got worse."""
    return _compared(Report.read(old), Report.read(new), in_force())


def _compared(old: Report, new: Report, held: Thresholds) -> bool:
    found = compare(old, new, held)
    print("\n\n".join([*map(visible, found.remarks), _table(found), visible(_sum(found))]))
    return found.passed


def bars_met(report: Path) -> None:
    """Print what a report found and the bars in force make of it, as Markdown."""
    found, held = Report.read(report), in_force()
    ran = [result.suite for result in found.results]
    print("\n".join(markdown.rows(Judged(found, held.only(ran), part=True))))


def risks(suites: Sequence[Suite]) -> None:
    """Print which risks the suites cover, and what they notice, as Markdown."""
    print(mapping(suites, Thresholds.load(), faults()))


def suites_and_bars(suites: Sequence[Suite]) -> None:
    """Print each suite with its sentence and its bars."""
    held = in_force()
    for suite in suites:
        print(f"{suite.name}\n  {suite.about}\n  bars: {bars(suite, held)}\n")
    absent = [name for name in held.bars if name not in {suite.name for suite in suites}]
    if absent:
        print(f"with bars, and no suite that could meet them: {', '.join(absent)}")


def _tell(judged: Judged, out: Path) -> bool:
    print("\n\n".join(blocks(judged)))
    json, xml, html = out / "report.json", out / "junit.xml", out / "report.html"
    judged.report.write(json)
    junit.write(judged, xml)
    page.write(judged, html)
    print(f"written: {json}, {xml}, {html}")
    return judged.passed


def _table(found: Comparison) -> str:
    rows = []
    for line in found.lines:
        apart = line.difference
        rows.append(
            (
                line.suite, line.name, value(line.old), value(line.new),
                figure(apart.value) if apart else "",
                f"{figure(apart.low)} to {figure(apart.high)}" if apart else "",
                (f"{apart.pairs:,} pairs" if apart.pairs else "independent") if apart else "",
                line.bar, line.change,
            )
        )  # fmt: skip
    header = ("suite", "measure", "old", "new", "difference", "95% interval", "from", "bar", "")
    return table(header, rows)


def _sum(found: Comparison) -> str:
    bad = [f"{line.suite}: {line.name}" for line in found.lines if not line.change.good]
    bad += [f"not run to its end: {suite}" for suite in found.broken]
    if not found.lines:
        return "There is no measure that both reports have."
    return f"Worse: {', '.join(bad)}." if bad else "Nothing got worse beyond doubt."
