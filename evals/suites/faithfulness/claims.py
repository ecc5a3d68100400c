"""Sentences about a paper that are right, and lies that read as well."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evals.ground.company import Paper

_NUMBER = re.compile(r"\d+")
_OF = re.compile(r"(\w+) (of|for) (\w+)")
_VERB = {
    " is ": " is not ", " ends ": " does not end ", " delivers ": " does not deliver ",
    " failed ": " never failed ", " takes ": " does not take ",
}  # fmt: skip
_UNIT = {
    "euros": "dollars", "months": "years", "crates": "pallets", "times": "percent",
    "minutes": "hours",
}  # fmt: skip
RIGHT = ("verbatim", "reworded")
LIES = (
    "another number", "a number of another page", "another name", "negated", "denied",
    "another unit", "invented", "something added", "no condition of the page", "turned round",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Claim:
    """What an engine says about a paper; `kind` is one of `RIGHT` or of `LIES`."""

    paper: Paper
    kind: str
    text: str

    @property
    def right(self) -> bool:
        return self.kind in RIGHT


def claims(paper: Paper, others: Sequence[Paper], chance: random.Random) -> Iterator[Claim]:
    """One claim of every kind. `others` are papers that the same person may read."""
    fact = paper.fact
    other = chance.choice([one for one in others if one is not paper])
    number = _NUMBER.search(fact)
    assert number is not None, "each fact has its number"
    unit = next(unit for unit in _UNIT if unit in fact)
    said = {
        "verbatim": fact,
        "reworded": f"According to the page on {paper.name}, {fact[0].lower()}{fact[1:]}",
        "another number": _NUMBER.sub(_another(number[0], chance), fact),
        "a number of another page": _NUMBER.sub(_NUMBER.findall(other.fact)[0], fact),
        "another name": fact.replace(paper.name, other.name),
        "negated": _negated(fact),
        "denied": f"It is not true that {fact[0].lower()}{fact[1:]}",
        "another unit": fact.replace(unit, _UNIT[unit]),
        "invented": f"{paper.name} was approved by the board of {other.name} in March.",
        "something added": f"{fact.removesuffix('.')} and was raised twice.",
        "no condition of the page": f"{fact.removesuffix('.')} unless the office objects.",
        "turned round": _OF.sub(r"\3 \2 \1", fact, count=1),
    }
    for kind, text in said.items():
        yield Claim(paper, kind, text)


def _another(number: str, chance: random.Random) -> str:
    """A number with one digit changed, as a small model slips."""
    place = chance.randrange(1, len(number))
    digit = chance.choice([d for d in "0123456789" if d != number[place]])
    return f"{number[:place]}{digit}{number[place + 1 :]}"


def _negated(fact: str) -> str:
    verb = next(verb for verb in _VERB if verb in fact)
    return fact.replace(verb, _VERB[verb], 1)
