"""What a run finds, as `report.json` holds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evals.bench.load import Loaded
from evals.bench.measure import Line
from evals.bench.writes import Writes


@dataclass(frozen=True, slots=True)
class Point:
    """One subject: the share that was meant, the chunks that it reads as counted by the database,
    in how many slots, holding how many principals; and a line for each contender."""

    wanted: float
    readable: int
    share: float
    slots: int
    principals: int
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Measured:
    """One workload."""

    workload: str
    slots: int
    grants: int
    groups: int
    documents: int
    loaded: Loaded
    points: Sequence[Point]
    writes: Sequence[Writes]


@dataclass
class Report:
    """A whole run; `peers_missing` are sentences about engines that did not take part."""

    corpus: str
    chunks: int
    seed: int
    queries: int
    index_seconds: float = 0.0
    peers_missing: Sequence[str] = ()
    peers_built: Mapping[str, float] = field(default_factory=dict)
    workloads: list[Measured] = field(default_factory=list)
