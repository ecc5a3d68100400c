"""The suite `injection`: orders planted in documents, on an engine that obeys them."""

from evals.suites.injection.measured import SUITE

__all__ = ["SUITE"]
