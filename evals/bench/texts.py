"""Texts to be stored with the vectors: as long as passages are, with Zipf words."""

from __future__ import annotations

import numpy as np

VOCABULARY = 20_000
SENTENCES = 6_000
SENTENCE_WORDS = 14
SENTENCES_A_CHUNK = 5
TITLE_WORDS = 4
_SYLLABLES = "ba ce di fo gu ka le mi no pu ra se ti vo zu bran clet drom stel plin".split()


class Texts:
    """The same seed gives the same texts. A chunk has about 70 words, 400 characters."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        chance = np.random.default_rng([seed, 3])
        words = np.array(
            [
                "".join(_SYLLABLES[s] for s in chance.integers(len(_SYLLABLES), size=n))
                for n in chance.integers(2, 5, VOCABULARY)
            ]
        )
        weights = 1 / np.arange(1, VOCABULARY + 1)
        drawn = chance.choice(VOCABULARY, (SENTENCES, SENTENCE_WORDS), p=weights / weights.sum())
        self._sentences = [" ".join(row).capitalize() + ". " for row in words[drawn]]
        self._titles = [" ".join(row[:TITLE_WORDS]).capitalize() for row in words[drawn]]

    def title(self, document: int) -> str:
        return self._titles[document % SENTENCES]

    def text(self, chunk: int) -> str:
        """Two neighbouring chunks share no sentence."""
        at = [(chunk * SENTENCES_A_CHUNK + n) * 7_919 % SENTENCES for n in range(SENTENCES_A_CHUNK)]
        return "".join(self._sentences[n] for n in at)
