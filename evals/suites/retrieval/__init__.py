"""The suite `retrieval`: the product's search on judged questions, and against exact search."""

from evals.suites.retrieval.measured import SUITE

__all__ = ["SUITE"]
