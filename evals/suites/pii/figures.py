"""Precision, recall, F1 and F2 of two redactors on the same texts, and how far they are apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from evals.measures.measure import Measure
from evals.measures.spans import Counted, count
from evals.measures.spread import Totals, of_totals, share_of
from evals.suites.pii.labelled import Labelled
from evals.suites.pii.redactors import Finder

Kept = frozenset[str] | None
"""The types that count, both labelled and found; None for all."""


def by_template(texts: Sequence[Labelled], find: Finder, kept: Kept) -> dict[str, Counted]:
    """What was matched in the texts of each template."""
    counts: dict[str, Counted] = defaultdict(Counted)
    for text in texts:
        found = {span for type_, span in find(text.text) if kept is None or type_ in kept}
        counts[text.template] += count(text.of(kept), sorted(found))
    return counts


def four(who: str, counts: Mapping[str, Counted], seed: int) -> list[Measure]:
    """The four figures over all spans, with intervals over the templates; F2 has its items."""
    rows = _rows(counts)
    f2 = {template: count.f(2) for template, count in counts.items()}
    return [
        of_totals(f"{who}: precision", rows, lambda t: share_of(t[:, 0], t[:, 1]), seed),
        of_totals(f"{who}: recall", rows, lambda t: share_of(t[:, 0], t[:, 2]), seed),
        of_totals(f"{who}: F1", rows, lambda t: _f(t, 1), seed),
        of_totals(f"{who}: F2", rows, lambda t: _f(t, 2), seed, f2),
    ]


def apart(
    name: str, ours: Mapping[str, Counted], plain: Mapping[str, Counted], seed: int
) -> Measure:
    """By how much our F2 is above the other one's: both on the same draws of templates."""
    rows = {key: (*_row(ours[key]), *_row(plain[key])) for key in ours}
    return of_totals(name, rows, lambda t: _f(t[:, :3], 2) - _f(t[:, 3:], 2), seed)


def recall_by_type(
    texts: Sequence[Labelled], find: Finder, kept: frozenset[str], seed: int
) -> list[Measure]:
    """For each labelled type alone, whatever it was taken for."""
    measures = []
    for type_ in sorted({t for text in texts for t, _ in text.spans} & kept):
        counts: dict[str, Counted] = defaultdict(Counted)
        for text in texts:
            if labelled := text.of(frozenset({type_})):
                counts[text.template] += count(labelled, [span for _, span in find(text.text)])
        rows = _rows(counts)
        measures.append(
            of_totals(f"recall of {type_}", rows, lambda t: share_of(t[:, 0], t[:, 2]), seed)
        )
    return measures


def _rows(counts: Mapping[str, Counted]) -> dict[str, tuple[float, ...]]:
    return {template: _row(count) for template, count in counts.items()}


def _row(count: Counted) -> tuple[float, ...]:
    return (count.matched, count.found, count.labelled)


def _f(totals: Totals, beta: float) -> Totals:
    weight = beta**2
    return share_of((1 + weight) * totals[:, 0], weight * totals[:, 2] + totals[:, 1])
