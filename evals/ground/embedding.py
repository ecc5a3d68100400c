"""The embedder of a run, which computes the vector of a question once; and one for suites that
change one passage among many, which computes the vector of every text once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

from app.inference.embed import LocalEmbedder, Vector

KEPT = 5_000
"""About 60 MB of vectors."""


@dataclass
class _Kept(LocalEmbedder):
    """One serves many threads, so what another one forgets meanwhile must not be missed."""

    _known: OrderedDict[str, Vector] = field(default_factory=OrderedDict)
    _keeping: Lock = field(default_factory=Lock)

    def _vectors(self, texts: Sequence[str]) -> list[Vector]:
        """One for each text; those that are not known are embedded together, and kept."""
        with self._keeping:
            vectors = {text: self._known[text] for text in texts if text in self._known}
        new = [text for text in dict.fromkeys(texts) if text not in vectors]
        if new:
            made = dict(zip(new, super().embed(new), strict=True))
            vectors |= made
            with self._keeping:
                self._known.update(made)
                while len(self._known) > KEPT:
                    self._known.popitem(last=False)
        return [vectors[text] for text in texts]


@dataclass
class RememberingEmbedder(_Kept):
    """Suites ask the same question as many people. A text that is embedded alone has the same
    vector every time, so it is kept; of several texts each depends on the others of its batch a
    little, so these are not."""

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        return self._vectors(texts) if len(texts) == 1 else super().embed(texts)


@dataclass
class KeepingEmbedder(_Kept):
    """Keeps every vector, also those of a batch: for suites that do not compare scores to the last
    digit, and that ask about the same passages many times."""

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        return self._vectors(texts)
