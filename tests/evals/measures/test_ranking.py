"""The order of documents is judged as published examples say."""

from __future__ import annotations

import pytest

from evals.measures.ranking import ndcg, recall_at


def test_ndcg_is_that_of_the_known_graded_example() -> None:
    """ "Discounted cumulative gain" in Wikipedia: gains 3, 2, 3, 0, 1, 2, and two documents of 3
    and 2 that were not found: 6.861 of 8.740."""
    gains = {"1": 3.0, "2": 2.0, "3": 3.0, "4": 0.0, "5": 1.0, "6": 2.0, "7": 3.0, "8": 2.0}
    assert ndcg(["1", "2", "3", "4", "5", "6"], gains, 6) == pytest.approx(0.785, abs=5e-4)


def test_ndcg_is_that_of_a_binary_example() -> None:
    """kaivid-labs.github.io/evret, "nDCG": .8869 of 2.1309."""
    gains = {"d2": 1.0, "d8": 1.0, "d10": 1.0}
    assert ndcg(["d1", "d4", "d2", "d9", "d8"], gains, 5) == pytest.approx(0.4162, abs=5e-5)


def test_what_was_judged_and_not_found_lowers_both() -> None:
    gains = {"a": 1.0, "b": 1.0, "c": 0.0}
    assert recall_at(["a", "c"], gains, 2) == 0.5
    assert ndcg(["a", "b"], gains, 2) == 1.0 > ndcg(["a", "c"], gains, 2)


def test_only_the_first_k_count() -> None:
    assert ndcg(["x", "a"], {"a": 1.0}, 1) == recall_at(["x", "a"], {"a": 1.0}, 1) == 0.0
