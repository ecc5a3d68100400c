"""A gate report opens a stage when it is ours, about this release, fresh, complete and good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.release import Stage
from app.errors import InvalidInput, NotPermitted
from app.releases.gate import SignedGate, require
from app.releases.rules import Rules
from app.settings import PROJECT
from tests.releases.made import BARS, GATE_SIGNER, PASSED, SIGNER, gate

NAME = "r-0123456789ab"
NOW = datetime.now(UTC)


def judge(reports: Sequence[SignedGate], to: Stage = Stage.PRODUCTION) -> None:
    require(
        reports, release=NAME, to=to, signer=GATE_SIGNER, thresholds=BARS,
        rules=Rules.load(PROJECT / "policies"), now=datetime.now(UTC),
    )  # fmt: skip


def test_a_good_report_opens_every_stage() -> None:
    judge([gate(NAME)])
    judge([gate(NAME, effort="change")], Stage.STAGED)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"release": "r-ba9876543210"}, "not about r-0123456789ab"),
        ({"thresholds": "c" * 64}, "other bars"),
        ({"effort": "change"}, "needs `release`"),
        ({"effort": "none"}, "needs `release`"),
        ({"at": NOW - timedelta(days=15)}, "counts for 14 days"),
        ({"at": NOW + timedelta(days=1)}, "counts for 14 days"),
        ({"lines": ()}, "nothing was shown"),
        ({"lines": (replace(PASSED, bar="", verdict="reported"),)}, "nothing was shown"),
        ({"errors": ("egress",)}, "egress did not run to its end"),
        ({"lines": (PASSED, replace(PASSED, verdict="failed"))}, "leaks missed its bar"),
        ({"lines": (PASSED, replace(PASSED, verdict="under-powered"))}, "too few samples"),
        ({"lines": (PASSED, replace(PASSED, verdict="missing"))}, "was not measured"),
        ({"lines": (PASSED, replace(PASSED, verdict="skipped"))}, "was skipped"),
        ({"lines": (PASSED, replace(PASSED, verdict="fine"))}, "fine"),
    ],
)
def test_anything_less_is_refused_in_words(changes: dict[str, object], said: str) -> None:
    with pytest.raises(NotPermitted) as refused:
        judge([gate(NAME, **changes)])
    assert said in refused.value.message


def test_without_a_report_nothing_opens() -> None:
    with pytest.raises(NotPermitted, match="has no gate report"):
        judge([])


def test_a_changed_or_foreign_report_is_refused() -> None:
    bad = gate(NAME, lines=(replace(PASSED, verdict="failed"),))
    mended = SignedGate(replace(bad.gate, lines=(PASSED,)), bad.signature)
    # a report signed by another key of the same installation is no gate report either
    foreign = SignedGate(bad.gate, SIGNER.sign({}))
    for report in (mended, foreign):
        with pytest.raises(NotPermitted, match="signature"):
            judge([report])


def test_an_older_pass_is_no_excuse_for_a_newer_failure() -> None:
    failed = gate(NAME, lines=(replace(PASSED, verdict="failed"),))
    with pytest.raises(NotPermitted, match="missed its bar"):
        judge([failed, gate(NAME, at=NOW - timedelta(days=1))])


def test_a_report_is_written_and_read_the_same() -> None:
    one = gate(NAME)
    assert SignedGate.of(one.plain()) == one
    wrong: object
    for wrong in (None, {}, {"gate": {}, "signature": {}}, {**one.plain(), "signature": {"a": 1}}):
        with pytest.raises(InvalidInput):
            SignedGate.of(wrong)
