"""All suites. Apart from the package, so that reading a report loads no suite and no model."""

from __future__ import annotations

from collections.abc import Sequence

from app.errors import InvalidInput
from evals.suites.egress import SUITE as EGRESS
from evals.suites.enforcement import SUITE as ENFORCEMENT
from evals.suites.faithfulness import SUITE as FAITHFULNESS
from evals.suites.injection import SUITE as INJECTION
from evals.suites.latency import SUITE as LATENCY
from evals.suites.leakage import SUITE as LEAKAGE
from evals.suites.long_context import SUITE as LONG_CONTEXT
from evals.suites.membership import SUITE as MEMBERSHIP
from evals.suites.non_interference import SUITE as NON_INTERFERENCE
from evals.suites.own_words import SUITE as OWN_WORDS
from evals.suites.pii import SUITE as PII
from evals.suites.poisoning import SUITE as POISONING
from evals.suites.regression import SUITE as REGRESSION
from evals.suites.retrieval import SUITE as RETRIEVAL
from evals.suites.revocation import SUITE as REVOCATION
from evals.suites.suite import Suite
from evals.suites.tool_use import SUITE as TOOL_USE
from evals.suites.utility import SUITE as UTILITY

SUITES: Sequence[Suite] = (
    ENFORCEMENT,
    NON_INTERFERENCE,
    LEAKAGE,
    MEMBERSHIP,
    REVOCATION,
    INJECTION,
    POISONING,
    EGRESS,
    FAITHFULNESS,
    UTILITY,
    OWN_WORDS,
    RETRIEVAL,
    PII,
    LONG_CONTEXT,
    TOOL_USE,
    LATENCY,
    REGRESSION,
)


def chosen(names: Sequence[str], suites: Sequence[Suite] = SUITES) -> Sequence[Suite]:
    """The suites of these names, all without any. Raises InvalidInput."""
    known = {suite.name: suite for suite in suites}
    for name in names:
        if name not in known:
            there = ", ".join(known) or "none"
            raise InvalidInput(f"there is no suite {name!r}; there are {there}")
    return [known[name] for name in dict.fromkeys(names)] if names else suites
