"""The suites: each asks one thing of the product, and says how it knows."""

from __future__ import annotations

from collections.abc import Sequence

from app.errors import InvalidInput
from evals.suites.egress import SUITE as EGRESS
from evals.suites.suite import Suite

SUITES: Sequence[Suite] = (EGRESS,)


def chosen(names: Sequence[str]) -> Sequence[Suite]:
    """The suites of these names, all without any. Raises InvalidInput."""
    known = {suite.name: suite for suite in SUITES}
    for name in names:
        if name not in known:
            raise InvalidInput(f"there is no suite {name!r}; there are {', '.join(known)}")
    return [known[name] for name in dict.fromkeys(names)] if names else SUITES
