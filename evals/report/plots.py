"""An interval and its bar as a strip of SVG that goes inside a page, in the page's own colours."""

from __future__ import annotations

import re
from io import StringIO

import matplotlib as mpl
from matplotlib.figure import Figure

from evals.gates.thresholds import Bar
from evals.measures.measure import Measure

WIDTH, HEIGHT = 2.6, 0.45
"""Inches."""
INK, SOFT, WARN = "#010101", "#020202", "#030303"
COLOURS = {INK: "currentColor", SOFT: "var(--soft)", WARN: "var(--warn)"}
"""What is drawn, and what the page makes of it: light and dark are decided there."""


def strip(measure: Measure, bar: Bar | None) -> str:
    """One `<svg>` element: the interval, its value, and where the bar lies, with all beyond it
    shaded. Empty where the interval is not known."""
    if not measure.known:
        return ""
    bounds = _bounds(bar)
    left, right = _range(measure, bounds)
    figure = Figure(figsize=(WIDTH, HEIGHT))
    axes = figure.add_axes((0.02, 0.44, 0.96, 0.54))
    axes.set(xlim=(left, right), ylim=(-1, 1), yticks=[], xticks=[])
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(SOFT)
    for bound, upper in bounds:
        axes.axvspan(bound, right if upper else left, color=WARN, alpha=0.16, lw=0)
        axes.axvline(bound, color=WARN, lw=1.3)
    axes.plot([measure.low, measure.high], [0, 0], color=INK, lw=2.2, solid_capstyle="butt")
    axes.plot([measure.value], [0], "o", color=INK, ms=5, clip_on=False, zorder=3)
    for x, where in ((left, "left"), (right, "right")):
        axes.annotate(
            f"{x:.3g}", (x, -1), (0, -3), textcoords="offset points", ha=where, va="top",
            fontsize=9, color=SOFT,
        )  # fmt: skip
    return _inline(figure)


def _bounds(bar: Bar | None) -> list[tuple[float, bool]]:
    """Each with whether what is above it is forbidden. `never` has none: its interval is not what
    it is held to."""
    if bar is None:
        return []
    sides = ((bar.at_most, True), (bar.at_least, False))
    return [(bound, upper) for bound, upper in sides if bound is not None]


def _range(measure: Measure, bounds: list[tuple[float, bool]]) -> tuple[float, float]:
    """What shows interval and bar, with room beside them."""
    shown = [measure.low, measure.high, *(bound for bound, _ in bounds)]
    low, high = min(shown), max(shown)
    room = 0.18 * (high - low) or 0.1 * abs(high) or 0.1
    left, right = low - room, high + room
    if not measure.unit and low >= 0 and high <= 1:
        left, right = max(left, 0.0), min(right, 1.0)
    return left, right


def _inline(figure: Figure) -> str:
    drawn = StringIO()
    # text stays text, and the same figure gives the same words
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "portcullis"}):
        figure.savefig(drawn, format="svg", transparent=True, metadata={"Date": None})
    svg = drawn.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<(metadata|style)\b.*?</\1>|<defs>\s*</defs>", "", svg, flags=re.S)
    named = set(re.findall(r"#([\w.-]+)", svg))
    # every strip has a figure_1; only what is referred to keeps its name
    svg = re.sub(r' id="([^"]*)"', lambda m: m[0] if m[1] in named else "", svg)
    for drawn_in, shown_in in COLOURS.items():
        svg = svg.replace(drawn_in, shown_in)
    return svg.replace("<svg", '<svg aria-hidden="true"', 1)
