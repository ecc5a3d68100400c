"""Personal data and secrets in text, by presidio's recognisers and ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.domain.document import Entity
from app.inference.joined import joined
from app.inference.recognisers.registry import analyser
from app.inference.recognisers.words import LANGUAGE, MODEL
from app.inference.unmask import unmask

__all__ = ["LANGUAGE", "MODEL", "Detector"]


@dataclass
class Detector:
    """Finds entities of `types` that score at least `threshold`, in [0, 1], or what `thresholds`
    says for their type."""

    types: frozenset[str]
    threshold: float
    thresholds: Mapping[str, float] = field(default_factory=dict)
    _analyzer: Any = field(default=None, init=False, repr=False)

    def detect(self, text: str) -> tuple[Entity, ...]:
        """The entities in order of their place, as a reader sees the text. Blocks: call it from a
        thread or a process."""
        if not text.strip() or not self.types:
            return ()
        plain = unmask(text)
        found = set(self._found(plain.text))
        found.update(self._over_breaks(plain.text, found))
        placed = (Entity(e.type, *plain.original(e.start, e.end), e.score) for e in found)
        return tuple(sorted(placed, key=lambda e: (e.start, -e.end, e.type)))

    def _found(self, text: str) -> Iterator[Entity]:
        lowest = min(self.threshold, *self.thresholds.values(), 1.0)
        for one in self._load().analyze(
            text, language=LANGUAGE, entities=sorted(self.types), score_threshold=lowest
        ):
            if one.score >= self.thresholds.get(one.entity_type, self.threshold):
                yield Entity(one.entity_type, one.start, one.end, round(one.score, 3))

    def _over_breaks(self, text: str, known: set[Entity]) -> Iterator[Entity]:
        """Values that go on in the next line. A telephone number has no check: where either half
        is a value by itself, it is believed."""
        for part in joined(text):
            for one in self._found(part.plain.text):
                if not part.over_a_cut(one.start, one.end):
                    continue
                start, end = (part.first + at for at in part.plain.original(one.start, one.end))
                if one.type == "PHONE_NUMBER" and any(
                    e.start < end and start < e.end for e in known
                ):
                    continue
                yield Entity(one.type, start, end, one.score)

    def _load(self) -> Any:
        if self._analyzer is None:
            self._analyzer = analyser(self.types)
        return self._analyzer
