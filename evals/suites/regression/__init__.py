"""The suite `regression`: defects that the product had, each as a case of its own.

A case is a function that says whether the product is right now; its docstring says what went
wrong. Whoever mends a defect adds one to the module that it belongs to: `acls`, `answers`, `files`,
`people`, or `served` where it takes the whole product.
"""

from evals.suites.regression.measured import SUITE

__all__ = ["SUITE"]
