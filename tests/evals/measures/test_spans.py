"""Spans match once each, and only where they share nearly all."""

from __future__ import annotations

from evals.measures.spans import Counted, count


def test_a_span_matches_where_nine_tenths_are_shared() -> None:
    assert count([(0, 10)], [(0, 9)]) == Counted(1, 1, 1)
    assert count([(0, 10)], [(0, 8)]) == Counted(0, 1, 1)


def test_one_found_span_answers_for_one_label() -> None:
    assert count([(0, 10), (0, 10)], [(0, 10)]) == Counted(1, 1, 2)


def test_the_figures() -> None:
    counted = Counted(matched=6, found=8, labelled=12)
    assert (counted.precision, counted.recall) == (0.75, 0.5)
    assert counted.f(1) == 0.6
    assert counted.f(2) == 5 * 6 / (4 * 12 + 8)
