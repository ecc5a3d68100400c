"""The ground of one run: its effort, its chance, and the parts that suites share."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from app.errors import InvalidInput
from app.inference.embed import LocalEmbedder
from evals.bench.scratch import Scratch
from evals.ground.embedding import KeepingEmbedder, RememberingEmbedder


class Effort(StrEnum):
    """How much is sampled: before a change is merged, or before a release is promoted."""

    CHANGE = "change"
    RELEASE = "release"


class Missing(InvalidInput):
    """Something that a suite needs is not here; the message says what, and how to get it."""


@dataclass
class Ground:
    """`scratch` is a Postgres of the run's own. `seed` is recorded: all names, numbers and canaries
    are drawn from it. `stack` closes what a suite has opened when the run ends; `opened` names what
    other suites may use too. `part` is how much of an effort's samples is taken, from 0 to 1: less
    than all shows that a fault is noticed, and is no gate."""

    effort: Effort
    seed: int
    scratch: Scratch
    data: Path
    stack: AsyncExitStack
    say: Callable[[str], None] = field(default=lambda line: None)
    embedder: LocalEmbedder = field(default_factory=RememberingEmbedder)
    opened: dict[str, Any] = field(default_factory=dict)
    part: float = 1.0

    def chance(self, of: str) -> random.Random:
        """A generator for one suite: the same whichever other suites run."""
        digest = hashlib.sha256(f"{self.seed} {of}".encode()).digest()
        return random.Random(digest)  # noqa: S311 - drawn again from a recorded seed

    def samples(self, change: int, release: int) -> int:
        """How many samples this effort takes."""
        whole = release if self.effort is Effort.RELEASE else change
        return max(1, round(whole * self.part))

    def keeping(self) -> Ground:
        """The same ground with an embedder that keeps all vectors, for suites that ask about the
        same passages many times and compare no scores."""
        embedder = self.opened.setdefault("keeping", KeepingEmbedder())
        return replace(self, embedder=embedder)

    def data_set(self, name: str) -> Path:
        """The folder or file of a labelled set. Raises Missing."""
        path = self.data / name
        if not path.exists():
            raise Missing(f"no data set {name!r}; set PORTCULLIS_DATA to the folder of it")
        return path
