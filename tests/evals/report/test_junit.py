"""JUnit as CI servers read it."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from evals.report.judged import Judged
from evals.report.junit import write
from tests.evals.sample import report, thresholds


@pytest.fixture
def tree(tmp_path: Path) -> Xml.Element:
    write(Judged(report(), thresholds(tmp_path)), tmp_path / "junit.xml")
    return Xml.parse(tmp_path / "junit.xml").getroot()  # noqa: S314 - our own


def test_every_suite_and_judged_line_is_there(tree: Xml.Element) -> None:
    cases = {
        (suite.get("name"), case.get("name")): [child.tag for child in case]
        for suite in tree
        for case in suite.iter("testcase")
    }
    assert cases == {
        ("leakage", "canaries at the API"): ["system-out"],
        ("leakage", "canaries end to end"): ["failure"],
        ("utility", "loss"): ["failure"],
        ("utility", "answered"): ["failure"],
        ("utility", "first token"): ["system-out"],
        ("utility", "judge's kappa"): ["skipped"],
        ("egress", "fetched"): ["failure"],
        ("egress", "runs to its end"): ["error"],
        ("revocation", "stale reads"): ["failure"],
    }


def test_totals_are_counted(tree: Xml.Element) -> None:
    for element in (tree, *tree):
        cases = list(element.iter("testcase"))
        assert element.get("tests") == str(len(cases))
        for total, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert element.get(total) == str(sum(case.find(tag) is not None for case in cases))
    assert (tree.get("failures"), tree.get("errors"), tree.get("skipped")) == ("5", "1", "1")


def test_a_failure_says_what_was_seen_and_what_was_asked(tree: Xml.Element) -> None:
    loss = tree.find(".//testcase[@name='loss']/failure")
    assert loss is not None
    assert loss.get("message") == "failed: 0.06667 (0.01846 to 0.162, n = 60), bar <= 0.02"


def test_the_seed_is_told(tree: Xml.Element) -> None:
    seeds = [one.get("value") for one in tree.iter("property") if one.get("name") == "seed"]
    assert seeds == ["4711"] * len(tree)


def test_hostile_words_stay_words(tree: Xml.Element) -> None:
    """Characters that XML does not allow are escaped, so that the file can be read at all."""
    error = tree.find(".//error")
    assert error is not None
    assert "<script" in str(error.get("message"))
    assert "\\x00" in str(error.get("message"))
