"""The suite `faithfulness`: unsupported sentences of lying engines, and the detector by itself."""

from evals.suites.faithfulness.measured import SUITE

__all__ = ["SUITE"]
