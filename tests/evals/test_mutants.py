"""A suite that does not notice its fault is named, and one that does is not believed for a bar that
is missed anyway."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.answering import inert
from evals.gates.thresholds import Thresholds
from evals.ground.ground import Ground
from evals.measures.intervals import share
from evals.mutants.catalogue import OF_ENFORCEMENT
from evals.mutants.mutant import Mutant
from evals.mutants.program import Replaced, Together
from evals.mutants.registry import MUTANTS
from evals.mutants.trial import tried
from evals.suites.enforcement import SUITE as ENFORCEMENT
from evals.suites.registry import SUITES
from evals.suites.suite import Found, Risk, Suite

pytestmark = pytest.mark.integration

BARS = """
links:
  live: {at_most: 0.1, need: {change: 100, release: 100}}
  always missed: {at_most: 0.1, need: {change: 100, release: 100}}
enforcement:
  looks that found something: {never: true, need: {change: 3, release: 3}}
"""


async def _links(ground: Ground) -> Found:
    asked = ground.samples(100, 1_000)
    live = asked * inert.inert("http://x.example").startswith("http")
    return Found([share("live", live, asked), share("always missed", asked, asked)])


LINKS = Suite("links", "Addresses.", (Risk.OUTPUT_HANDLING,), _links)


def _as_it_is(text: str) -> str:
    return text


def _broken() -> str:
    return ""


@pytest.fixture
def bars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "thresholds.yaml"
    path.write_text(BARS)
    held = Thresholds.load(path)
    monkeypatch.setattr(Thresholds, "load", lambda path=None: held)


async def test_what_is_noticed_and_what_is_not(bars: None, tmp_path: Path) -> None:
    said: list[str] = []
    [unguarded] = [f for f in OF_ENFORCEMENT if f.name == "row-level security disabled"]
    mutants = (
        Mutant("addresses stay", "links", Replaced("app.answering.inert.inert", _as_it_is)),
        Mutant("a fault that is broken", "links", Replaced("app.answering.inert.inert", _broken)),
        Mutant("another function", "links", Replaced("app.answering.inert.addresses", _as_it_is)),
        Mutant(unguarded.name, "enforcement", unguarded),
    )  # fmt: skip
    trials = await tried((LINKS, ENFORCEMENT), mutants, 1, tmp_path, said.append)
    assert [(one.mutant, one.missed) for one in trials] == [
        ("no fault", ["always missed"]),
        ("addresses stay", ["live"]),
        ("a fault that is broken", []),
        ("another function", []),
        ("no fault", []),
        ("row-level security disabled", ["looks that found something"]),
    ]
    assert [one.broke for one in trials if one.broke] == ["TypeError"]
    assert [one.measures["live"].n for one in trials[:4] if one.measures] == [10, 10, 10]
    assert inert.inert("http://x.example") == "`x.example`"
    assert said[1] == "links: addresses stay"


def test_every_mutant_has_a_name_of_its_own_and_a_suite_that_there_is() -> None:
    names = [mutant.name for mutant in MUTANTS]
    assert len(set(names)) == len(names) >= 60
    assert {mutant.suite for mutant in MUTANTS} <= {suite.name for suite in SUITES}


def test_every_fault_of_the_program_replaces_something_that_there_is() -> None:
    for mutant in MUTANTS:
        if isinstance(mutant.fault, Replaced | Together):
            with mutant.fault.planted():
                pass


async def test_what_shows_only_among_many_is_looked_for_among_as_many(
    bars: None, tmp_path: Path
) -> None:
    live = Mutant("live", "links", Replaced("app.answering.inert.inert", _as_it_is), least=1)
    trials = await tried((LINKS,), (live,), 1, tmp_path, print)
    assert [one.measures["live"].n for one in trials] == [100, 100]
