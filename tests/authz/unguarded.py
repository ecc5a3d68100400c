"""A plugin of pytest that removes the guard which PORTCULLIS_GUARD names, for the whole session:
from the program when it begins, and from each fresh database before the first test has it."""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any

import pytest

from evals.mutants.planting import Faults
from evals.mutants.program import Replaced
from tests.authz.guards import GUARDS

REMOVED = GUARDS[os.environ["PORTCULLIS_GUARD"]].removed


def pytest_configure() -> None:
    if isinstance(REMOVED, Replaced):
        pytest.MonkeyPatch().setattr(REMOVED.target, REMOVED.by)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, Any, Any]:
    made = yield
    if fixturedef.argname == "owner_url" and not isinstance(REMOVED, Replaced):
        Faults(made, request.getfixturevalue("postgres")).plant(REMOVED)
    return made
