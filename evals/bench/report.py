"""What a run found: tables for a terminal, and everything as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.cli.tables import table
from evals.bench.measure import Line
from evals.bench.results import Measured, Point, Report

HEADER = (
    "reads", "who", "p50 ms", "p95 ms", "to HNSW p50", "p95", "recall", "own topics", "others",
    "as a system p50", "p95", "forbidden", "ef",
)  # fmt: skip


def baseline(point: Point) -> Line:
    """The unfiltered index with as much recall as the product: what ratios are to."""
    return point.lines[1]


def tables(report: Report) -> Iterator[str]:
    """Blocks of lines, one for each workload, then those on loading and writing."""
    yield (
        f"{report.chunks:,} chunks of 384 dimensions, {report.corpus};"
        f" {report.queries} queries as each subject, one at a time;"
        f" HNSW index made in {report.index_seconds:.0f} s"
    )
    for measured in report.workloads:
        yield (
            f"{measured.workload}: {measured.documents:,} documents, {measured.slots:,} slots,"
            f" {measured.grants:,} grants, {measured.groups:,} groups;"
            f" loaded at {measured.loaded.rate:,.0f} chunks/s with all indexes"
        )
        yield table(HEADER, [row for point in measured.points for row in _rows(point)])
        if measured.writes:
            yield _writing(measured)
    yield from report.peers_missing


def write(report: Report, folder: Path) -> Path:
    """`report.json` in the folder."""
    path = folder / "report.json"
    path.write_text(json.dumps(_finite(asdict(report)), indent=1) + "\n", encoding="utf-8")
    return path


def _rows(point: Point) -> Iterator[Sequence[object]]:
    of = baseline(point)
    for n, line in enumerate(point.lines):
        peer = line.system_p50 != line.p50
        yield (
            f"{point.share:.4%}" if n == 0 else "",
            line.contender,
            f"{line.p50:.2f}",
            f"{line.p95:.2f}",
            f"{line.p50 / of.p50:.2f}",
            f"{line.p95 / of.p95:.2f}",
            f"{line.recall:.3f}",
            _part(line.recall_inside),
            _part(line.recall_outside),
            f"{line.system_p50:.2f}" if peer else "",
            f"{line.system_p95:.2f}" if peer else "",
            line.forbidden,
            line.ef or "",
        )


def _part(recall: float) -> str:
    return f"{recall:.3f}" if math.isfinite(recall) else "none"


def _writing(measured: Measured) -> str:
    return table(
        ("reads about", "alone p50 ms", "p95", "while documents are replaced p50", "p95",
         "documents/s"),
        [
            (
                f"{one.wanted:.2%}", f"{one.p50_alone:.2f}", f"{one.p95_alone:.2f}",
                f"{one.p50_writing:.2f}", f"{one.p95_writing:.2f}", f"{one.rate:.1f}",
            )
            for one in measured.writes
        ],
    )  # fmt: skip


def _finite(value: Any) -> Any:
    """JSON has no number for what was not measured."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return value
