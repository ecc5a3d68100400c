"""Without any single enforcement a named test fails: each is removed in turn, and its tests run.

Takes minutes: it runs where PORTCULLIS_GUARDS=1, and prints the table of guards.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.authz.guards import GUARDS, Guard

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif("PORTCULLIS_GUARDS" not in os.environ, reason="PORTCULLIS_GUARDS=1"),
]

LONGEST = 300
"""Seconds of one guard's tests."""


def run(project: Path, tests: list[str], without: Guard | None = None) -> tuple[int, str]:
    """The exit code and the output of pytest in a process and a folder of its own: pytest closes
    the usual one to other users, and Postgres runs as one of them."""
    with TemporaryDirectory() as folder:
        return _run(project, tests, without, folder)


def _run(project: Path, tests: list[str], without: Guard | None, folder: str) -> tuple[int, str]:
    plugin = ["-p", "tests.authz.unguarded"] if without else []
    own = ["-p", "no:cacheprovider", "--basetemp", f"{folder}/of-guards"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *own, *plugin, *tests],
        env={**os.environ, "PORTCULLIS_GUARD": without.name if without else "", "COLUMNS": "200"},
        cwd=project,
        capture_output=True,
        text=True,
        timeout=LONGEST,
    )
    return done.returncode, done.stdout


def test_with_every_guard_all_tests_pass(project: Path) -> None:
    code, output = run(project, sorted({test for guard in GUARDS.values() for test in guard.tests}))
    assert code == pytest.ExitCode.OK, output[-3000:]


@pytest.mark.parametrize("guard", GUARDS.values(), ids=lambda guard: guard.name)
def test_without_a_guard_its_tests_fail(
    project: Path, guard: Guard, figure: Callable[[str, str], None]
) -> None:
    code, output = run(project, list(guard.tests), guard)
    assert code == pytest.ExitCode.TESTS_FAILED, output[-3000:]
    assert not re.search(r"^ERROR tests/", output, re.M), output[-3000:]
    for test in guard.tests:
        failed = re.search(rf"^FAILED {re.escape(test)}.*", output, re.M)
        assert failed, f"{test} did not notice"
        reason = failed[0].partition(" - ")[2] or "failed"
        figure(f"{guard.name} -> {test.partition('::')[2]}", f"failed as it must: {reason}")
