"""The suite `pii`: what redaction finds in labelled texts, and that nothing of it is stored."""

from evals.suites.pii.measured import SUITE

__all__ = ["SUITE"]
