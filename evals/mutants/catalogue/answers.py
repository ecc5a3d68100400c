"""Faults of what stands between a model and whoever reads the answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from app.domain.answer import Verdict
from evals.mutants.mutant import Mutant
from evals.mutants.program import Replaced, Together

_SCHEMED = re.compile(r"https?://\S+")


def _as_it_is(text: str) -> str:
    return text


def _fine(*anything: Any) -> Verdict:
    return Verdict(True, "")


def _nothing(text: str) -> set[str]:
    return set()


def _no(text: str) -> bool:
    return False


def _follows(said: list[str], quote: list[str]) -> bool:
    return True


def _guard(name: str, what: str, by: Callable[..., Any]) -> Mutant:
    return Mutant(name, "faithfulness", Replaced(f"app.answering.guard.{what}", by))


ANSWERS = [
    Mutant("text of documents goes into an answer as it is", "egress",
           Together((Replaced("app.answering.wording.inert", _as_it_is),
                     Replaced("app.answering.context.inert", _as_it_is)))),
    Mutant("markup of documents is left as it is", "egress",
           Replaced("app.answering.inert._escape", _as_it_is)),
    Mutant("addresses are left as they are", "egress",
           Replaced("app.answering.inert._code", _as_it_is)),
    Mutant("only addresses with a scheme are known", "egress",
           Replaced("app.answering.inert._URL", _SCHEMED)),
    Mutant("a detector that always says fine, beside quotes", "faithfulness",
           Replaced("app.answering.quotes_first.check", _fine)),
    _guard("numbers are not compared", "numbers", _nothing),
    _guard("names are not compared", "names", _nothing),
    _guard("negations are not compared", "negated", _no),
    _guard("any order of words is taken", "_runs_through", _follows),
]  # fmt: skip
