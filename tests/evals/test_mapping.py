"""Risks, covered and not, and the page that says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import InvalidInput
from app.settings import PROJECT
from evals.gates.thresholds import Thresholds
from evals.ground.ground import Ground
from evals.mapping import between_markers, mapping
from evals.mutants.registry import faults
from evals.suites.registry import SUITES, chosen
from evals.suites.risk import UNCOVERED
from evals.suites.suite import Found, Risk, Suite
from tests.evals.sample import thresholds

# the registry loads every suite, and with them the service
pytestmark = pytest.mark.integration


async def _run(ground: Ground) -> Found:
    return Found(())


LEAKAGE = Suite("leakage", "Canaries.", (Risk.DISCLOSURE, Risk.PRIVACY), _run)
EGRESS = Suite("egress", "Payloads.", (Risk.DISCLOSURE,), _run)


def test_every_risk_has_a_row() -> None:
    rows = {
        row.split(" | ")[0].removeprefix("| "): row.split(" | ")[1].removesuffix(" |")
        for row in mapping((LEAKAGE, EGRESS), Thresholds({}, ""), {}).splitlines()
        if row.startswith("| ")
    }
    for risk in Risk:
        assert risk in rows
    assert rows[Risk.DISCLOSURE] == "[leakage](#leakage), [egress](#egress)"
    assert rows[Risk.CBRN].startswith(f"*Not covered.* {UNCOVERED[Risk.CBRN]}")
    assert rows[Risk.SECURITY] == "*Not covered.* No suite looks at it yet."


def test_every_suite_says_its_bars_and_faults(tmp_path: Path) -> None:
    said = mapping((LEAKAGE, EGRESS), thresholds(tmp_path), {"leakage": ["a <b>", "c"]})
    leakage, egress = (part.split("\n### ")[0] for part in said.split("\n### ")[1:])
    assert leakage.startswith("leakage\n\nCanaries.\n")
    assert "| canaries at the API | never |" in leakage
    assert "Notices: a &lt;b>; c." in leakage
    assert "| fetched | &lt;= 0.001 |" in egress
    assert "Notices" not in egress


def test_the_page_is_what_the_suites_say() -> None:
    """Stale: put what `portcullis evals mapping` prints between the markers."""
    page = (PROJECT / "docs/evaluations.md").read_text(encoding="utf-8")
    assert between_markers(page) == mapping(SUITES, Thresholds.load(), faults())


def test_suites_are_chosen_by_name() -> None:
    both = (LEAKAGE, EGRESS)
    assert chosen(["egress", "egress"], both) == [EGRESS]
    assert chosen([], both) == both
    with pytest.raises(InvalidInput, match="'egres'; there are leakage, egress"):
        chosen(["egres"], both)


def test_suites_have_names_of_their_own() -> None:
    names = [suite.name for suite in SUITES]
    assert len(names) == len(set(names))
