"""How a release uses the model: the part of it that one process can exchange while it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Recipe:
    """`profile` is how the model is prompted, `endpoint` where it is asked: `embedded` for our own
    engine, else a URL up to /v1. `passages` are looked through for evidence; `context_passages`
    are given whole to a model that reads passages. `temperature` is in words, so that it is
    written the same everywhere."""

    profile: str
    endpoint: str
    model: str
    temperature: str
    seed: int
    passages: int
    context_passages: int

    def plain(self) -> dict[str, Any]:
        """As a manifest holds it."""
        return asdict(self)

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Self:
        """From a manifest. Raises KeyError when something is missing."""
        return cls(**{one.name: said[one.name] for one in fields(cls)})
