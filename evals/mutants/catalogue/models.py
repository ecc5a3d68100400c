"""Faults of what a release brings with it besides code: its prompts and its weights."""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import deepcopy
from functools import cached_property
from typing import Any

from app.answering.prompt import INSTRUCTIONS
from app.domain.scope import Passage
from evals.ground.small import SmallModel, parts
from evals.mutants.mutant import Mutant
from evals.mutants.program import Replaced, Together

_TO_CITE = re.compile(r" After each statement cite its passage as \[n\]\.")


class Coarse(SmallModel):
    """The small model with its weights rounded to two bits, and one scale for a whole matrix where
    a sound quantisation has one for a few numbers."""

    @cached_property
    def _parts(self) -> tuple[Any, Any, Any]:
        import torch

        sound, *others = parts()
        model = deepcopy(sound)
        with torch.no_grad():
            for weight in model.parameters():
                if weight.dim() == 2:
                    step = weight.abs().max() / 2
                    weight.copy_((weight / step).round().clamp(-2, 1) * step)
        return model, *others


def _without_passages(question: str, passages: Sequence[Passage], code: str) -> str:
    return f"Code: {code}\n\nQuestion: {question}"


UNCITED = Together(
    tuple(
        Replaced(f"{module}.INSTRUCTIONS", _TO_CITE.sub("", INSTRUCTIONS))
        for module in ("app.answering.prompt", "app.answering.context")
    )
)
WITHOUT_PASSAGES = Replaced("app.answering.context.chat_prompt", _without_passages)
COARSE = Replaced("evals.suites.own_words.SmallModel", Coarse)
MODELS = [
    Mutant("a prompt that drops the citations", "own_words", UNCITED),
    Mutant("a prompt without the passages", "own_words", WITHOUT_PASSAGES),
    Mutant("a broken quantisation", "own_words", COARSE),
]  # fmt: skip
