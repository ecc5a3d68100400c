"""The cases of mended defects: all right now, and each wrong again without what mends it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from app.answering import guard, inert, orders
from app.authn import attempts
from app.domain.principal import PrincipalRef
from evals.gates.thresholds import Thresholds, Verdict
from evals.ground.ground import Effort, Ground
from evals.suites.regression import answers, files, people, served
from evals.suites.regression.measured import ALONE, attempt, judged, run
from ingestion import chunk, formats
from ingestion.parse import markup
from ingestion.sources import sidecar

pytestmark = pytest.mark.integration


async def test_none_is_back(ground: Ground) -> None:
    found = await run(ground)
    [measure] = found.measures
    assert not found.cases
    assert measure.n == len(ALONE) + len(served.CASES)
    bar = Thresholds.load().bar("regression", measure.name)
    assert bar is not None
    assert bar.judge(measure, Effort.RELEASE) is Verdict.PASSED


@contextmanager
def counted_late(self: attempts.Attempts, email: str) -> Iterator[None]:
    yield


def as_it_is(text: str, *given: Any) -> str:
    return text


def kept(logger: object, method: str, event: object) -> object:
    return event


WITHOUT: dict[Callable[[], bool], tuple[object, str, object]] = {
    answers.escaped_html_was_html: (inert, "_escape", as_it_is),
    answers.a_host_without_scheme_was_text: (inert, "_URL", re.compile(r"(?!)")),
    answers.an_odd_mail_address_was_no_address: (inert, "_URL", re.compile(r"(?!)")),
    answers.a_model_could_hide_characters: (inert, "visible", as_it_is),
    answers.words_turned_round_were_supported: (guard, "_in_order", lambda said, quote: True),
    answers.an_order_was_evidence: (orders, "is_order", lambda sentence: False),
    files.two_tables_became_one: (chunk, "_text", "\n".join),
    files.aliases_made_a_page_endless: (markup, "isinstance", lambda value, kinds: True),
    files.a_nested_sidecar_broke_the_sync: (sidecar, "RecursionError", KeyError),
    people.a_crowd_of_guesses_passed_the_brake: (attempts.Attempts, "attempt", counted_late),
    files.a_small_file_filled_the_memory: (formats, "MAX_UNPACKED", 10**12),
    people.an_address_that_nothing_holds_broke_signing_in: (people, "account_key", str.lower),
    people.a_forbidden_field_was_logged_from_a_list: (people, "drop_forbidden", kept),
    people.two_accounts_looked_alike: (people, "new_address", PrincipalRef.parse),
}
"""Cases with what mends them taken away: a module or class, a name there, and what it is then."""


@pytest.mark.parametrize("case", WITHOUT, ids=lambda case: case.__name__)
def test_a_case_is_wrong_without_what_mends_it(
    case: Callable[[], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert case()
    place, name, instead = WITHOUT[case]
    # a name of Python's own is looked for in the module first
    monkeypatch.setattr(place, name, instead, raising=False)
    with suppress(RecursionError, UnicodeEncodeError):
        assert not case()


def test_a_bracketed_host_is_guarded_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, instead in (("_URL", re.compile(r"(?!)")), ("_escape", as_it_is)):
        assert answers.a_bracketed_host_was_no_address()
        monkeypatch.setattr(inert, name, instead)
    assert not answers.a_bracketed_host_was_no_address()


async def test_one_that_raises_and_one_that_says_no_are_back() -> None:
    async def no() -> bool:
        """It was wrong."""
        return False

    async def breaks() -> bool:
        """It broke."""
        raise KeyError("a secret word")

    found = judged([await attempt(no, no()), await attempt(breaks, breaks())])
    assert found.measures[0].value == 1
    assert [case.seen for case in found.cases] == [
        "It was wrong. (it is so again)", "It broke. (it ends in KeyError)",
    ]  # fmt: skip
