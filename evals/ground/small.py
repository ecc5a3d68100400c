"""The small default model in this process: the same weights as the embedded engine serves, where a
suite needs what a model really says and no engine runs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from app.errors import ConfigurationError
from app.runtime.vllm import packaged_gguf
from evals.ground.ground import Ground, Missing

LONGEST = 60
"""Tokens of an answer, as the platform asks for."""


@dataclass(frozen=True)
class SmallModel:
    """Continues a text up to the end of its line, always with the likeliest token."""

    @classmethod
    def of(cls, ground: Ground) -> SmallModel:
        """The one of this run, loaded when it is asked for first. Raises Missing."""
        if cls.__name__ not in ground.opened:
            ground.opened[cls.__name__] = cls().loaded()
        found: SmallModel = ground.opened[cls.__name__]
        return found

    def loaded(self) -> SmallModel:
        """Itself, with its weights in memory. Raises Missing where it is not installed."""
        assert self._parts
        return self

    @cached_property
    def _parts(self) -> tuple[Any, Any, Any]:
        return parts()

    def says(self, prompt: str) -> str:
        """What follows on the prompt."""
        import torch

        model, tokenizer, ends = self._parts
        asked = tokenizer(prompt, return_tensors="pt")
        with torch.inference_mode():
            made = model.generate(
                **asked, max_new_tokens=LONGEST, do_sample=False, stopping_criteria=ends,
                pad_token_id=tokenizer.eos_token_id,
            )  # fmt: skip
        said = tokenizer.decode(made[0, asked["input_ids"].shape[1] :], skip_special_tokens=True)
        return str(said).partition("\n")[0]


@cache
def parts() -> tuple[Any, Any, Any]:
    """The model, its tokenizer and what ends its answers: the same for the whole process, since
    reading the file takes as long as ten answers. Raises Missing."""
    try:
        gguf = packaged_gguf()
    except ConfigurationError as error:
        raise Missing(f"no small model here: {error.message}") from error
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig
    from transformers.generation.stopping_criteria import StoppingCriteriaList, StopStringCriteria

    where, name = str(gguf.parent), gguf.name
    model = AutoModelForCausalLM.from_pretrained(
        where, gguf_file=name, dtype=torch.float32,
        quantization_config=GgufConfig(dequantize=True),
    )  # fmt: skip
    tokenizer = AutoTokenizer.from_pretrained(where, gguf_file=name)
    # made here, and not from `stop_strings` in every call: it looks through all words of the model
    ends = StoppingCriteriaList([StopStringCriteria(tokenizer, ["\n"])])
    return model, tokenizer, ends
