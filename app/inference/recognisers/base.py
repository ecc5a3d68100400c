"""What our recognisers have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from presidio_analyzer import LocalRecognizer, RecognizerResult

Hit = tuple[str, int, int, float]
"""A type, the first character, the one past the last, a score in [0, 1]."""


class Recogniser(LocalRecognizer):
    """Finds `TYPES` in English text. A subclass yields its hits; it needs no language model."""

    TYPES: ClassVar[Sequence[str]]

    def __init__(self) -> None:
        super().__init__(supported_entities=list(self.TYPES), name=type(self).__name__)

    def load(self) -> None:
        pass

    def analyze(self, text: str, entities: Sequence[str], nlp_artifacts: Any) -> list[Any]:
        wanted = frozenset(entities)
        of = {
            RecognizerResult.RECOGNIZER_NAME_KEY: type(self).__name__,
            RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
        }
        return [
            RecognizerResult(type_, start, end, score, recognition_metadata=of)
            for type_, start, end, score in self.hits(text, wanted)
            if type_ in wanted
        ]

    @abstractmethod
    def hits(self, text: str, wanted: frozenset[str]) -> Iterable[Hit]:
        """What is in the text, in no order; what is not `wanted` need not be looked for."""
