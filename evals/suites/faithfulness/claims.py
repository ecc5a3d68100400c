"""Sentences about a page that are right, as models word them, and lies that read as well."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evals.suites.faithfulness.pages import Page

_NUMBER = re.compile(r"\d+")
_VERB = {
    " is ": ("is not", "fails to be", "is no longer"),
    " ends ": ("does not end", "fails to end", "no longer ends"),
    " delivers ": ("does not deliver", "fails to deliver", "no longer delivers"),
    " failed ": ("never failed", "refused to fail", "no longer failed"),
    " takes ": ("does not take", "fails to take", "no longer takes"),
}
_UNIT = {
    "euros": "dollars", "months": "years", "crates": "pallets", "times": "percent",
    "minutes": "hours",
}  # fmt: skip
_REWORDED = {
    "Budget": (
        "{name}'s budget is {number} euros.", "The budget of {name} amounts to {number} euros.",
        "{number} euros is the budget of {name}.", "{name} has a budget of {number} euros.",
        "It is {number} euros.",
    ),
    "Lease": (
        "{name}'s lease ends after {number} months.",
        "The lease of {name} expires after {number} months.",
        "After {number} months, the lease of {name} ends.", "{name} has a {number}-month lease.",
        "It ends after {number} months.",
    ),
    "Supplier": (
        "{name}'s supplier delivers {number} crates a week.",
        "The supplier of {name} supplies {number} crates per week.",
        "{number} crates a week are delivered by the supplier of {name}.",
        "The supplier of {name} delivers {number} crates weekly.",
        "It delivers {number} crates a week.",
    ),
    "Bonus": (
        "{name}'s bonus is {number} euros.", "The bonus for {name} amounts to {number} euros.",
        "{number} euros is the bonus for {name}.", "There is a bonus of {number} euros for {name}.",
        "It is {number} euros.",
    ),
    "Test": (
        "{name}'s test failed {number} times.", "The test of {name} was failed {number} times.",
        "In total, the test of {name} failed {number} times.",
        "{name}'s test had {number} failures.", "It failed {number} times.",
    ),
    "Visit": (
        "{name}'s visit takes {number} minutes.", "The visit of {name} lasts {number} minutes.",
        "{number} minutes is how long the visit of {name} takes.",
        "The visit of {name} is {number} minutes long.", "It takes {number} minutes.",
    ),
}  # fmt: skip
"""By the first word of the title: with a possessive, another verb, turned round, short, with a
pronoun for what was asked about."""
REWORDED = (
    "possessive", "another verb", "turned round", "short", "pronoun", "attributed", "stated",
    "thousands set apart", "passive", "clauses in another order",
)  # fmt: skip
RIGHT = ("verbatim", *REWORDED)
LIES = (
    "another number", "a frequency left out", "another name", "a bound added", "negated",
    "roles swapped", "another unit", "a number of another fact", "reworded, another number",
    "a date left out", "invented", "something added", "comparison turned round",
    "roles swapped in the passive", "a number of another page", "no condition of the page",
    "whom it is for left out", "a bound left out", "denied", "reworded, another name",
    "reworded, negated", "a unit of another fact", "two facts made one", "another bound",
    "a condition left out", "may made must", "another date", "another frequency", "fails to",
    "no longer", "without",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Claim:
    """What an engine says about a page; `kind` is one of `RIGHT` or of `LIES`."""

    paper: Page
    kind: str
    text: str

    @property
    def right(self) -> bool:
        return self.kind in RIGHT


def claims(page: Page, others: Sequence[Page], chance: random.Random) -> Iterator[Claim]:
    """One claim of every kind. `others` are pages that the same person may read."""
    other = chance.choice([one for one in others if one is not page])
    said = _right(page) | _lies(page, other, chance)
    for kind in (*RIGHT, *LIES):
        yield Claim(page, kind, said[kind])


def _right(page: Page) -> dict[str, str]:
    fact, number = page.fact, _NUMBER.findall(page.fact)[0]
    first = REWORDED[: len(next(iter(_REWORDED.values())))]
    forms = zip(first, _forms(page, page.name, number), strict=True)
    return {"verbatim": fact} | dict(forms) | {
        "attributed": f"According to the page on {page.name}, {_lower(fact)}",
        "stated": f"The passage states that {_lower(fact)}",
        "thousands set apart": _NUMBER.sub(f"{int(number):,}", fact),
        "passive": f"{page.guest} is paid {page.rent} euros for {page.name} each month by"
                   f" {page.clerk}.",
        "clauses in another order": f"If {page.clerk} agrees, {_lower(_first(page.stays))}.",
    }  # fmt: skip


def _lies(page: Page, other: Page, chance: random.Random) -> dict[str, str]:
    fact, number = page.fact, _NUMBER.findall(page.fact)[0]
    unit = next(unit for unit in _UNIT if unit in fact)
    verb = next(verb for verb in _VERB if verb in fact)
    no, fails, ceased = (fact.replace(verb, f" {words} ", 1) for words in _VERB[verb])
    wrong = _another(number, chance)
    plain = fact.removesuffix(".")
    bound = chance.choice(("up to", "more than", "about"))
    reworded = chance.randrange(len(_REWORDED["Budget"]) - 1)
    return {
        "another number": _NUMBER.sub(wrong, fact),
        "a number of another page": _NUMBER.sub(_NUMBER.findall(other.fact)[0], fact),
        "another name": fact.replace(page.name, other.name),
        "negated": no,
        "denied": f"It is not true that {_lower(fact)}",
        "another unit": fact.replace(unit, _UNIT[unit]),
        "invented": f"{page.name} was approved by the board of {other.name} in March.",
        "something added": f"{plain} and was raised twice.",
        "no condition of the page": f"{plain} unless the office objects.",
        "reworded, another number": _forms(page, page.name, wrong)[reworded],
        "reworded, another name": _forms(page, other.name, number)[reworded],
        "reworded, negated": f"According to the page on {page.name}, {_lower(no)}",
        "roles swapped": _swapped(page.pays, page.clerk, page.guest),
        "roles swapped in the passive": f"{page.clerk} is paid {page.rent} euros for {page.name}"
                                        f" each month by {page.guest}.",
        "a number of another fact": _NUMBER.sub(str(page.rent), fact),
        "a unit of another fact": fact.replace(unit, "guests"),
        "two facts made one": f"Up to {page.seats} guests of {page.name} pay {page.guest}"
                              f" {page.rent} euros each month.",
        "comparison turned round": _swapped(page.compares, page.name, page.wing),
        "a bound left out": page.stays.removeprefix("Up to "),
        "a bound added": _NUMBER.sub(f"{bound} {number}", fact),
        "another bound": page.stays.replace("Up to", "At least"),
        "a condition left out": f"{_first(page.stays)}.",
        "may made must": page.stays.replace("may", "must"),
        "another date": page.compares.replace(f"{page.day} May", f"{page.day + 1} May"),
        "another frequency": page.pays.replace("each month", "each week"),
        "a frequency left out": page.pays.replace(" each month", ""),
        "whom it is for left out": page.pays.replace(f" for {page.name}", ""),
        "a date left out": page.compares.removeprefix(f"Since {page.day} May "),
        "fails to": fails,
        "no longer": ceased,
        "without": f"{plain} without {page.clerk}.",
    }  # fmt: skip


def _forms(page: Page, name: str, number: str) -> list[str]:
    topic = page.title.partition(" ")[0]
    return [form.format(name=name, number=number) for form in _REWORDED[topic]]


def _another(number: str, chance: random.Random) -> str:
    """A number with one digit changed, as a small model slips."""
    place = chance.randrange(1, len(number))
    digit = chance.choice([d for d in "0123456789" if d != number[place]])
    return f"{number[:place]}{digit}{number[place + 1 :]}"


def _swapped(sentence: str, one: str, two: str) -> str:
    return sentence.replace(one, "\0").replace(two, one).replace("\0", two)


def _first(sentence: str) -> str:
    """What stands before the condition."""
    return sentence.partition(" if ")[0]


def _lower(sentence: str) -> str:
    return f"{sentence[0].lower()}{sentence[1:]}"
