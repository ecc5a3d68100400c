"""Vectors like those of a sentence embedder, from a seed or from a file.

The generator. A vector is the sum of five Gaussian vectors, normalised: one that all share, one
of its topic, of its subtopic, of its document, and one of its own. Of the variance they hold
`MEAN`, `TOPIC`, `SUBTOPIC`, `DOCUMENT` and `OWN`, so two chunks of one document have a cosine of
about 0.65, of one subtopic 0.4, of one topic 0.2, and any two 0.1. The variance of component i of
each is proportional to (i + `SHOULDER`) ** -`SLOPE`, and the whole is turned by a random orthogonal
matrix, so that no axis tells more than another. The figures were chosen to be near those of 14,000
passages of English prose embedded by all-MiniLM-L6-v2, which had: cosine of two passages 0.085 on
average with a deviation of 0.115, covariance with a participation ratio of 71, the nearest passage
at 0.71 and the tenth at 0.56, and the ten nearest to a query among the 100 and 600 nearest by sign
codes to 0.94 and 0.9985 (generated: 0.10, 0.125, 62, 0.68, 0.52, 0.94 and 0.9975). Topics
and subtopics have Zipf sizes. Vectors are rounded to half precision, as they are stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.errors import InvalidInput
from evals.bench.options import DIMENSIONS, SMALLEST

MEAN, TOPIC, SUBTOPIC, DOCUMENT, OWN = 0.085, 0.08, 0.20, 0.27, 0.365
SHOULDER, SLOPE = 10, 1.4
TOPICS = 40
CHUNKS_A_SUBTOPIC = 250
LONGEST_DOCUMENT = 7
"""Chunks; a document has one to so many, four on average."""
CLOSE = 0.7
"""The cosine of a query to the chunk that it is made of, as of a question to its passage."""
BLOCK = 50_000

Vectors = NDArray[np.float32]
Numbers = NDArray[np.int32]


@dataclass(frozen=True)
class Corpus:
    """`vectors` of shape (chunks, 384), unit length; of each chunk its `document` (ascending
    numbers) and its `topic`, of which neighbouring numbers are alike."""

    vectors: Vectors
    document: Numbers
    topic: Numbers
    said: str

    @property
    def chunks(self) -> int:
        return len(self.vectors)

    @property
    def documents(self) -> int:
        return int(self.document[-1]) + 1

    @property
    def topics(self) -> int:
        return int(self.topic.max()) + 1


def generate(chunks: int, seed: int) -> Corpus:
    """A corpus of so many chunks; the same seed gives the same one."""
    chance = np.random.default_rng([seed, 1])
    document = _documents(chunks, chance)
    of_document, parents = _topics(int(document[-1]) + 1, chunks, chance)
    topic = of_document[document]
    turn = np.linalg.qr(chance.standard_normal((DIMENSIONS, DIMENSIONS)))[0].astype(np.float32)
    spread = (np.arange(DIMENSIONS) + SHOULDER) ** (-SLOPE / 2)
    spread = (spread / np.linalg.norm(spread)).astype(np.float32)

    def drawn(count: int, variance: float) -> Vectors:
        made = chance.standard_normal((count, DIMENSIONS), np.float32)
        return np.asarray(made * (spread * np.float32(np.sqrt(variance))), np.float32)

    mean = drawn(1, MEAN)
    topics, subtopics = drawn(TOPICS, TOPIC), drawn(len(parents), SUBTOPIC)
    centres = mean + topics[parents] + subtopics
    documents = drawn(len(of_document), DOCUMENT)
    vectors = np.empty((chunks, DIMENSIONS), np.float32)
    for start in range(0, chunks, BLOCK):
        part = slice(start, min(start + BLOCK, chunks))
        made = centres[topic[part]] + documents[document[part]]
        vectors[part] = (made + drawn(len(made), OWN)) @ turn
    return Corpus(_stored(vectors), document, topic, f"generated, seed {seed}")


def load(path: Path, seed: int) -> Corpus:
    """One's own vectors from a .npy file of shape (chunks, 384). Their topics are the cells
    around some of them. Raises InvalidInput."""
    try:
        vectors = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{path} cannot be read as a .npy file of vectors") from error
    if vectors.ndim != 2 or vectors.shape[1] != DIMENSIONS or vectors.dtype.kind != "f":
        raise InvalidInput(f"{path} must hold floats of shape (chunks, {DIMENSIONS})")
    if len(vectors) < SMALLEST:
        raise InvalidInput(f"{path} holds {len(vectors)} vectors; at least {SMALLEST} are needed")
    vectors = np.array(vectors, np.float32)
    if not np.isfinite(vectors).all() or not np.linalg.norm(vectors, axis=1).all():
        raise InvalidInput(f"{path} holds a vector without a direction")
    chance = np.random.default_rng([seed, 1])
    vectors = _stored(vectors)
    count = max(8, len(vectors) // CHUNKS_A_SUBTOPIC)
    cells = vectors[chance.choice(len(vectors), count, replace=False)]
    # neighbouring numbers are alike: in the order of the cells along their main direction
    main = np.linalg.svd(cells - cells.mean(0), full_matrices=False)[2][0]
    cells = cells[np.argsort(cells @ main)]
    topic = np.concatenate(
        [
            np.argmax(vectors[start : start + BLOCK] @ cells.T, axis=1)
            for start in range(0, len(vectors), BLOCK)
        ]
    )
    order = np.argsort(topic, kind="stable")
    document = _documents(len(vectors), chance)
    return Corpus(vectors[order], document, topic[order].astype(np.int32), f"from {path.name}")


def questions(corpus: Corpus, chunks: NDArray[np.int64], chance: np.random.Generator) -> Vectors:
    """One query near each of these chunks: what is added has the directions in which chunks
    differ from each other."""
    one, other = chance.integers(0, corpus.chunks, (2, len(chunks)))
    other = np.where(one == other, (other + 1) % corpus.chunks, other)
    about = corpus.vectors[chunks]
    noise = corpus.vectors[one] - corpus.vectors[other]
    noise -= (noise * about).sum(1, keepdims=True) * about
    noise /= np.maximum(np.linalg.norm(noise, axis=1, keepdims=True), 1e-6)
    mixed = CLOSE * about + np.sqrt(1 - CLOSE**2) * noise
    return np.asarray(mixed / np.linalg.norm(mixed, axis=1, keepdims=True), np.float32)


def _stored(vectors: Vectors) -> Vectors:
    """Unit vectors rounded to half precision, in place."""
    for start in range(0, len(vectors), BLOCK):
        part = vectors[start : start + BLOCK]
        part /= np.linalg.norm(part, axis=1, keepdims=True)
        part[:] = part.astype(np.float16)
    return vectors


def _documents(chunks: int, chance: np.random.Generator) -> Numbers:
    lengths = chance.integers(1, LONGEST_DOCUMENT + 1, chunks)
    return np.repeat(np.arange(chunks, dtype=np.int32), lengths)[:chunks]


def _topics(
    documents: int, chunks: int, chance: np.random.Generator
) -> tuple[Numbers, NDArray[np.int64]]:
    """The subtopic of each document, and the topic of each subtopic."""
    subtopics = max(2 * TOPICS, chunks // CHUNKS_A_SUBTOPIC)
    parents = np.sort(_zipf(subtopics, TOPICS, 0.7, chance))
    of_document = np.sort(_zipf(documents, subtopics, 0.5, chance))
    return of_document.astype(np.int32), parents


def _zipf(
    count: int, kinds: int, exponent: float, chance: np.random.Generator
) -> NDArray[np.int64]:
    weights = chance.permutation(1 / np.arange(1, kinds + 1) ** exponent)
    return chance.choice(kinds, count, p=weights / weights.sum())
