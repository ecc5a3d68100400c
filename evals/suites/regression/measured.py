"""How many of the known defects are back."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from evals.ground.company import make
from evals.ground.ground import Ground
from evals.ground.parrot import parrot
from evals.ground.platform import platform
from evals.measures.intervals import share
from evals.suites.regression import acls, answers, files, people, served
from evals.suites.suite import Case, Found, Risk, Suite

ALONE: Sequence[Callable[[], bool]] = (
    *acls.CASES,
    *answers.CASES,
    *files.CASES,
    *people.CASES,
)


@dataclass(frozen=True, slots=True)
class Tried:
    """A case, and how it ended: empty when the product is right."""

    name: str
    about: str
    wrong: str


async def run(ground: Ground) -> Found:
    tried = [await attempt(case, asyncio.to_thread(case)) for case in ALONE]
    company = make(ground.chance("regression"), people=4, papers=4)
    async with (
        parrot() as bird,
        platform(ground, "regression", company, bird.url, profile="evidence") as house,
    ):
        tried += [await attempt(case, case(house)) for case in served.CASES]
    ground.scratch.drop("regression")
    return judged(tried)


async def attempt(case: Callable[..., Any], holds: Awaitable[bool]) -> Tried:
    """A case that raises is no better than one that says no; its words may be of a document, so
    only the kind of the error is kept."""
    try:
        wrong = "" if await holds else "it is so again"
    except Exception as error:
        wrong = f"it ends in {type(error).__name__}"
    return Tried(case.__name__, " ".join(inspect.getdoc(case).split()), wrong)  # type: ignore[union-attr]


def judged(tried: Sequence[Tried]) -> Found:
    back = [one for one in tried if one.wrong]
    items = {one.name: float(bool(one.wrong)) for one in tried}
    cases = [Case(one.name.replace("_", " "), f"{one.about} ({one.wrong})") for one in back]
    return Found([share("defects that are back", len(back), len(tried), items)], cases)


SUITE = Suite(
    "regression",
    "Every defect that was mended, as a case against the product's own functions or the served"
    " platform: none is back.",
    (Risk.DISCLOSURE, Risk.PROMPT_INJECTION, Risk.OUTPUT_HANDLING, Risk.PRIVACY, Risk.SECURITY),
    run,
)
