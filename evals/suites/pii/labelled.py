"""Texts with labelled personal data (microsoft/presidio-research), and the half to be tested on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.measures.spans import Span


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text with the spans of each type; texts made from one template say nearly the same."""

    text: str
    template: str
    spans: Sequence[tuple[str, Span]]

    def of(self, types: frozenset[str] | None) -> list[Span]:
        """The spans of these types, of all with None."""
        return [span for type_, span in self.spans if types is None or type_ in types]


def load(path: Path) -> list[Labelled]:
    """The half of the templates that nothing may be tuned on, in the order of the file."""
    said = json.loads(path.read_text(encoding="utf-8"))
    return [
        Labelled(
            one["full_text"],
            str(one["template_id"]),
            [
                (span["entity_type"], (span["start_position"], span["end_position"]))
                for span in one["spans"]
            ],
        )
        for one in said
        if held_out(str(one["template_id"]))
    ]


def held_out(template: str) -> bool:
    """Whether a template is of the half that is tested on; the other one is for tuning."""
    return hashlib.sha256(template.encode()).digest()[0] % 2 == 0
