"""Latency and recall over the share that somebody reads, a picture a workload."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from evals.bench.results import Measured, Report

WIDTH, HEIGHT = 13.0, 4.2
"""Inches."""
PRODUCT = "Portcullis"


def draw(report: Report, folder: Path) -> list[Path]:
    """SVG files in the folder, one for each workload."""
    # without the time of day in it: the same report gives the same file
    mpl.rcParams["svg.hashsalt"] = "portcullis"
    return [_draw(report, measured, folder) for measured in report.workloads]


def _draw(report: Report, measured: Measured, folder: Path) -> Path:
    figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    axes: Sequence[Axes] = figure.subplots(1, 3)
    median, system, recall = axes
    shares = [100 * point.share for point in measured.points]
    for n, line in enumerate(measured.points[0].lines):
        of = [point.lines[n] for point in measured.points]
        width = 2.6 if line.contender == PRODUCT else 1.2
        for where, values in (
            (median, [one.p50 for one in of]),
            (system, [one.system_p95 for one in of]),
            (recall, [one.recall for one in of]),
        ):
            where.plot(shares, values, marker="o", ms=3, lw=width, label=line.contender)
    for where, title in (
        (median, "median, ms (other engines: bare, in process)"),
        (system, "95th percentile, ms (other engines: with authorisation and text)"),
        (recall, "recall of the ten nearest"),
    ):
        where.set(xscale="log", title=title, xlabel="% of all chunks that the subject reads")
        where.title.set_fontsize(9)
        where.grid(alpha=0.3)
    median.set_yscale("log")
    system.set_yscale("log")
    recall.set_ylim(-0.02, 1.02)
    recall.legend(fontsize=7, loc="lower right")
    figure.suptitle(f"{measured.workload}, {report.chunks:,} chunks", fontsize=11)
    path = folder / f"{measured.workload}.svg"
    figure.savefig(path, metadata={"Date": None})
    return path
