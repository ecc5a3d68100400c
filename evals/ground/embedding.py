"""The embedder of a run, which computes the vector of a question once; and one for suites that
change one passage among many, which computes the vector of every text once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.inference.embed import LocalEmbedder, Vector

KEPT = 5_000
"""About 60 MB of vectors."""


@dataclass
class RememberingEmbedder(LocalEmbedder):
    """Suites ask the same question as many people. A text that is embedded alone has the same
    vector every time, so it is kept; of several texts each depends on the others of its batch a
    little, so these are not."""

    _known: OrderedDict[str, Vector] = field(default_factory=OrderedDict)

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        if len(texts) != 1:
            return super().embed(texts)
        [text] = texts
        if text not in self._known:
            [self._known[text]] = super().embed(texts)
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
        return [self._known[text]]


@dataclass
class KeepingEmbedder(LocalEmbedder):
    """Keeps every vector, also those of a batch: for suites that do not compare scores to the last
    digit, and that ask about the same passages many times."""

    _known: OrderedDict[str, Vector] = field(default_factory=OrderedDict)

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, super().embed(new), strict=True))
        found = [self._known[text] for text in texts]
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
        return found
