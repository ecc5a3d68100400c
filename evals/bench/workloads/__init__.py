"""Five shapes of organisation, each with people who read about 100, 30, 10, 1, 0.1 and 0.01 %."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from evals.bench.organisation import Organisation
from evals.bench.vectors import Corpus
from evals.bench.workloads.deep import deep
from evals.bench.workloads.denies import denies
from evals.bench.workloads.departments import departments
from evals.bench.workloads.mailboxes import mailboxes
from evals.bench.workloads.wide import wide

WORKLOADS: Mapping[str, Callable[[Corpus, np.random.Generator], Organisation]] = {
    "departments": departments,
    "mailboxes": mailboxes,
    "wide": wide,
    "denies": denies,
    "deep": deep,
}


def organise(name: str, corpus: Corpus, seed: int) -> Organisation:
    """The organisation of a workload; the same seed gives the same one."""
    chance = np.random.default_rng([seed, 2, list(WORKLOADS).index(name)])
    return WORKLOADS[name](corpus, chance)
