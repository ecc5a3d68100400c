"""What the guard found about one answer: reasons and counts, never text."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Verdicts:
    """`released` sentences, and those that were `withheld` by the reason of it."""

    released: int = 0
    withheld: Counter[str] = field(default_factory=Counter)

    def on_record(self) -> dict[str, Any]:
        return {"sentences": {"released": self.released, "withheld": dict(self.withheld)}}
