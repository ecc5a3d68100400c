"""Faults of what a search finds, and of what is chosen among it."""

from __future__ import annotations

from typing import Any

from app.answering.evidence import choose_quotes
from evals.mutants.mutant import Mutant
from evals.mutants.program import Replaced


async def _quotes_of_the_first(embedder: Any, question: str, passages: Any) -> Any:
    return await choose_quotes(embedder, question, passages[:4])


async def _quotes_of_the_last(embedder: Any, question: str, passages: Any) -> Any:
    return await choose_quotes(embedder, question, passages[-4:])


def _few(most: int, readable: int) -> int:
    return min(most, 3)


def _as_it_comes(most: int, readable: int) -> int:
    return most


FINDING = [
    Mutant("only three passages are proposed", "retrieval",
           Replaced("app.retrieval.propose.proposed", _few)),
    Mutant("passages are taken in the order of their short codes", "retrieval",
           Replaced("app.retrieval.propose.looked_at_again", _as_it_comes)),
    Mutant("evidence only of the first passages", "long_context",
           Replaced("evals.suites.long_context.choose_quotes", _quotes_of_the_first)),
    Mutant("evidence only of the last passages", "long_context",
           Replaced("evals.suites.long_context.choose_quotes", _quotes_of_the_last)),
]  # fmt: skip
