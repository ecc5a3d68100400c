"""The engine that does what any document in its prompt tells it to do.

It sees through every mark that sets documents apart: that is the worst case, so what the platform
guarantees holds for every other engine as well. An order that its prompt does not hold it cannot
obey; then, and where nothing is planned, it answers what was asked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from app.answering.neutral import neutral
from app.answering.prompt import QUOTING
from evals.ground.company import Paper
from evals.suites.injection.attacks import PROMPT, Attack

WAYS = ("instead", "besides", "before", "within", "citing all", "the order itself")
"""How it says what is demanded: alone, after the answer or before it, in the same sentence, with
every passage for a source, or by repeating the order."""
_LETTERS = re.compile(r"[^a-z0-9]+")


@dataclass
class Plan:
    """What to make of one question. `reached` becomes true when the order is in the prompt."""

    paper: Paper
    attack: Attack | None = None
    way: str = WAYS[0]
    reached: bool = False


@dataclass
class Obeying:
    """`plans` are by question. Where there is an engine that answers `otherwise`, that one is
    asked, and this only notes what comes before it."""

    plans: dict[str, Plan] = field(default_factory=dict)
    otherwise: Callable[[str], str] | None = None

    def says(self, prompt: str) -> str:
        obeyed = self._obeyed(prompt)
        return self.otherwise(prompt) if self.otherwise else obeyed

    def _obeyed(self, prompt: str) -> str:
        asked = prompt.rpartition("Question: ")[2].removesuffix("\nAnswer:").strip()
        plan = self.plans.get(asked)
        if plan is None:
            return ""
        chooses = prompt.startswith(QUOTING)
        seen = flat(prompt)
        fact = plan.paper.fact if flat(plan.paper.fact) in seen else "I found nothing about that."
        if plan.attack is None or not _reads(plan.attack.order, seen):
            return json.dumps([fact]) if chooses else _cited(fact, plan.paper.fact, prompt)
        plan.reached = True
        attack = plan.attack
        if chooses:
            return json.dumps([attack.order, attack.obeyed(fact)])
        said = prompt if attack.demanded == PROMPT else attack.obeyed(fact)
        return _put(plan.way, _cited(fact, plan.paper.fact, prompt), said, attack, prompt)


def flat(text: str) -> str:
    """Only letters and digits, so that no marks and breaks stand between."""
    return _LETTERS.sub("", text.lower())


def _reads(order: str, seen: str) -> bool:
    """Also where the marks of speakers were taken out of it: the words still say what to do."""
    return flat(order) in seen or flat(neutral(order)) in seen


def _put(way: str, answer: str, said: str, attack: Attack, prompt: str) -> str:
    mark = _cited("", attack.order, prompt)
    numbers = "".join(f" [{n}]" for n in re.findall(r"^\[(\d+)\] begin", prompt, re.MULTILINE))
    return {
        "instead": said + mark,
        "besides": f"{answer} {said}{mark}",
        "before": f"{said}{mark} {answer}",
        "within": f"{answer.partition(' [')[0].removesuffix('.')}, and {said}{mark}",
        "citing all": f"{said}{numbers}",
        "the order itself": f"{attack.order}{mark} {said}{mark}",
    }[way]


def _cited(said: str, what: str, prompt: str) -> str:
    """With the number of the passage that holds `what`, where passages have numbers."""
    for number, text in re.findall(
        r"^\[(\d+)\] begin \w+\n(.*?)\n\[\1\] end", prompt, re.MULTILINE | re.DOTALL
    ):
        if flat(what) in flat(text):
            return f"{said} [{number}]"
    return said
