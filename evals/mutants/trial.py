"""Whether each suite notices the faults that it is there for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

from app.authz.levels import load_levels
from app.errors import PortcullisError
from app.settings import PROJECT
from evals.bench.scratch import Scratch, scratch
from evals.gates.thresholds import Bar, Thresholds, Verdict
from evals.ground.ground import Effort, Ground
from evals.measures.measure import Measure
from evals.mutants.mutant import Mutant, mutated
from evals.run import CHUNKS
from evals.suites.suite import Found, Suite

PART = 0.1
"""So much of what a suite samples for a change is sampled to see whether it notices a fault."""
CONTROL = "no fault"


@dataclass(frozen=True, slots=True)
class Trial:
    """`missed` names the bars that the fault made the suite miss, or with which refusal of the
    product it ended. Empty: the fault was not noticed. Of the trial without a fault: what is missed
    anyway. `broke` is an error that is no refusal: it may be one of the fault's own making, so it
    shows nothing."""

    suite: str
    mutant: str
    missed: Sequence[str]
    seconds: float
    measures: Mapping[str, Measure]
    broke: str = ""

    @property
    def control(self) -> bool:
        return self.mutant == CONTROL


async def tried(
    suites: Sequence[Suite],
    mutants: Sequence[Mutant],
    seed: int,
    data: Path,
    say: Callable[[str], None],
    part: float = PART,
) -> list[Trial]:
    """Each suite without a fault, then with each of its own, on one server and one seed.

    So few samples leave wide intervals: the point is held to each bar, not its bound. A bar that is
    missed without any fault notices one only where the two intervals are apart.
    """
    trials = []
    held = Thresholds.load()
    with scratch(None, CHUNKS, load_levels(PROJECT / "policies"), keep=False) as server:
        for suite in suites:
            mine = [mutant for mutant in mutants if mutant.suite == suite.name]
            if not mine:
                continue
            bars = held.bars.get(suite.name, {})
            enough = max(part, *(mutant.least for mutant in mine))

            async def once(mutant: Mutant | None) -> Trial:
                say(f"{suite.name}: {mutant.name if mutant else CONTROL}")  # noqa: B023
                return await _once(suite, mutant, bars, server, seed, data, enough)  # noqa: B023

            control = await once(None)
            trials.append(control)
            for mutant in mine:
                trial = await once(mutant)
                fresh = [name for name in trial.missed if _worse(name, trial, control)]
                trials.append(replace(trial, missed=fresh))
                said = "; ".join(fresh) or f"NOT NOTICED {trial.broke}"
                say(f"{suite.name}: {mutant.name}: {said}")
    return trials


def _worse(name: str, trial: Trial, control: Trial) -> bool:
    """Whether a bar is missed because of the fault."""
    if name not in control.missed:
        return True
    now, before = trial.measures.get(name), control.measures.get(name)
    if now is None or before is None:
        return (now is None) is not (before is None)
    return now.low > before.high or now.high < before.low


async def _once(
    suite: Suite,
    mutant: Mutant | None,
    bars: Mapping[str, Bar],
    server: Scratch,
    seed: int,
    data: Path,
    part: float,
) -> Trial:
    began = perf_counter()
    refused = broke = ""
    found = Found(())
    try:
        with mutated(mutant, server) if mutant else nullcontext(server) as broken:
            found = await _found(suite, broken, seed, data, part)
    except PortcullisError as error:
        refused = error.message
    except Exception as error:
        broke = type(error).__name__
    finally:
        for database in server.made:
            server.drop(database)
    measures = {measure.name: measure for measure in found.measures}
    missed = [bar for bar in bars if _beyond(bars[bar], measures.get(bar))]
    if refused:
        missed = [f"does not run: {refused}"]
    name = mutant.name if mutant else CONTROL
    seconds = perf_counter() - began
    return Trial(suite.name, name, [] if broke else missed, seconds, measures, broke)


async def _found(suite: Suite, server: Scratch, seed: int, data: Path, part: float) -> Found:
    async with AsyncExitStack() as stack:
        return await suite.run(Ground(Effort.CHANGE, seed, server, data, stack, part=part))


def _beyond(bar: Bar, measure: Measure | None) -> bool:
    if measure is None:
        return True
    point = replace(measure, low=measure.value, high=measure.value)
    return bar.judge(point, Effort.CHANGE) is Verdict.FAILED
