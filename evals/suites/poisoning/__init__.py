"""The suite `poisoning`: passages that plant a wrong answer, beside those with the right one."""

from evals.suites.poisoning.measured import SUITE

__all__ = ["SUITE"]
