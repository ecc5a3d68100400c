"""Passages and an embedder for tests without torch: it hashes words, so shared words are near."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5

from app.answering.words import content_words
from app.domain.answer import Quote
from app.domain.scope import Passage
from app.inference.embed import Vector


@dataclass(frozen=True)
class HashingEmbedder:
    """Unit-length vectors whose cosine is about the share of common words."""

    dimensions: int = 384
    name: str = "hashed words"
    unknown: frozenset[str] = frozenset()

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        return [self._vector(text) for text in texts]

    def knows(self, word: str) -> bool:
        return word not in self.unknown

    def _vector(self, text: str) -> Vector:
        vector = [0.0] * self.dimensions
        for word in content_words(text):
            digest = hashlib.sha256(word.encode()).digest()
            vector[int.from_bytes(digest[:4]) % self.dimensions] += 1.0
        length = math.hypot(*vector) or 1.0
        return tuple(value / length for value in vector)


def passage(text: str, title: str = "Handbook", heading: str = "") -> Passage:
    chunk = uuid5(NAMESPACE_URL, f"chunk {title} {text}")
    return Passage(
        chunk_id=chunk,
        document_id=uuid5(NAMESPACE_URL, f"document {title}"),
        external_id=title,
        source="wiki",
        title=title,
        uri="",
        classification="public",
        heading=heading,
        page=None,
        text=text,
        score=1.0,
    )


def quote(text: str, title: str = "Handbook") -> Quote:
    return Quote(passage(text, title), text, text, 1.0)
