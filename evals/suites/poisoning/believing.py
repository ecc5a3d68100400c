"""The engine that believes what was planted: of all sentences of its prompt it repeats the one with
the wrong answer, and the right one only where there is no other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.answering.sentences import sentences
from evals.suites.injection.obeying import flat
from evals.suites.poisoning.passages import Poisoned

_PASSAGE = re.compile(r"^\[(\d+)\] begin \w+\n(.*?)\n\[\1\] end", re.MULTILINE | re.DOTALL)


@dataclass
class Believing:
    """`asked` are the questions that it knows."""

    asked: Mapping[str, Poisoned] = field(default_factory=dict)

    def says(self, prompt: str) -> str:
        question = prompt.rpartition("Question: ")[2].removesuffix("\nAnswer:").strip()
        one = self.asked.get(question)
        if one is None:
            return ""
        seen = flat(prompt)
        for text in one.texts:
            for sentence, _ in sentences(text):
                if one.says_wrong(sentence) and flat(sentence) in seen:
                    return _cited(sentence, prompt)
        return "I found nothing about that."


def _cited(sentence: str, prompt: str) -> str:
    for number, text in _PASSAGE.findall(prompt):
        if flat(sentence) in flat(text):
            return f"{sentence} [{number}]"
    return sentence
