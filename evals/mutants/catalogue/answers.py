"""Faults of what stands between a model and whoever reads the answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from app.domain.answer import Quote, Verdict
from evals.mutants.mutant import Mutant
from evals.mutants.program import Replaced, Together

_SCHEMED = re.compile(r"https?://\S+")


def _as_it_is(text: str) -> str:
    return text


def _fine(*anything: Any) -> Verdict:
    return Verdict(True, "")


def _nothing(text: str) -> set[str]:
    return set()


def _never(text: str) -> int:
    return 0


def _yes(*anything: Any) -> bool:
    return True


def _none(*anything: Any) -> str:
    return ""


def _no_orders(text: str) -> frozenset[str]:
    return frozenset()


def _no_claims(text: str, question: str) -> set[str]:
    return set()


def _agreed(*anything: Any) -> bool:
    return False


async def _no_quotes(*anything: Any) -> tuple[Quote, ...]:
    return ()


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
    Mutant("a detector that always says fine, sentence by sentence", "injection",
           Replaced("app.answering.context.check_sentence", _fine)),
    Mutant("orders of documents are evidence", "injection",
           Replaced("app.answering.guard.ordered", _no_orders)),
    Mutant("nothing that a model writes is held back", "injection",
           Replaced("app.answering.context._fault", _none)),
    Mutant("a platform that takes sides", "poisoning",
           Replaced("app.answering.quotes_first.disputed", _agreed)),
    Mutant("quotes that repeat one another", "poisoning",
           Replaced("app.answering.evidence.claims", _no_claims)),
    Mutant("everything is refused", "utility",
           Together((Replaced("app.answering.pipeline.choose_quotes", _no_quotes),
                     Replaced("app.answering.context.choose_quotes", _no_quotes)))),
    Mutant("whatever is nearest answers", "utility",
           Replaced("app.answering.evidence.ENOUGH", -10.0)),
    Mutant("addresses become links again", "regression",
           Replaced("app.answering.inert._code", _as_it_is)),
    _guard("numbers are not compared", "numbers", _nothing),
    _guard("names are not compared", "names", _nothing),
    _guard("negations are not compared", "negations", _never),
    _guard("any order of words is taken", "_runs_through", _yes),
    _guard("what a number is a bound of is not compared", "bounds", _nothing),
    _guard("any relations between the words will do", "entails", _yes),
    Mutant("what limits a statement may be left out", "faithfulness",
           Replaced("app.answering.entails._whole", _yes)),
    Mutant("words need not stand in the same relations", "faithfulness",
           Replaced("app.answering.entails._holds", _yes)),
]  # fmt: skip
