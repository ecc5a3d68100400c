"""Faults of what stands between a model and whoever reads the answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from app.answering.words import content_sequence, names
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


def _no(text: str) -> bool:
    return False


def _follows(said: list[str], quote: list[str]) -> bool:
    return True


def _none(*anything: Any) -> str:
    return ""


def _no_orders(text: str) -> frozenset[str]:
    return frozenset()


def _no_quote(*anything: Any) -> None:
    return None


def _agreed(*anything: Any) -> bool:
    return False


async def _no_quotes(*anything: Any) -> tuple[Quote, ...]:
    return ()


def _guard(name: str, **gone: Callable[..., Any]) -> Mutant:
    replaced = (Replaced(f"app.answering.guard.{what}", by) for what, by in gone.items())
    return Mutant(name, "faithfulness", Together(tuple(replaced)))


def _unnumbered(text: str) -> list[str]:
    return [word for word in content_sequence(text) if not word[0].isdigit()]


def _unnamed(text: str) -> list[str]:
    known = names(text)
    return [word for word in content_sequence(text) if word not in known]


def _set_of(sequence: Callable[[str], list[str]]) -> Callable[[str], set[str]]:
    return lambda text: set(sequence(text))


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
    Mutant("a platform that takes sides, sentence by sentence", "poisoning",
           Replaced("app.answering.context.contested", _agreed)),
    Mutant("no place for what disagrees", "poisoning",
           Replaced("app.answering.evidence.dissenting", _no_quote)),
    Mutant("everything is refused", "utility",
           Together((Replaced("app.answering.pipeline.choose_quotes", _no_quotes),
                     Replaced("app.answering.context.choose_quotes", _no_quotes)))),
    Mutant("whatever is nearest answers", "utility",
           Together((Replaced("app.answering.evidence.ENOUGH", -10.0),
                     Replaced("app.answering.evidence.ENOUGH_UNNAMED", -10.0)))),
    Mutant("one name is as good as another", "utility",
           Replaced("app.answering.named.named_words", _nothing)),
    Mutant("addresses become links again", "regression",
           Replaced("app.answering.inert._code", _as_it_is)),
    # a number or a name is a word as well
    _guard("numbers are not compared", numbers=_nothing, content_sequence=_unnumbered,
           content_words=_set_of(_unnumbered)),
    _guard("names are not compared", names=_nothing, content_sequence=_unnamed,
           content_words=_set_of(_unnamed)),
    _guard("negations are not compared", negated=_no),
    _guard("any order of words is taken", _runs_through=_follows, _in_order=_follows),
]  # fmt: skip
