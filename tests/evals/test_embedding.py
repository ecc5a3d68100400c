"""The embedders of a run keep vectors, and serve many threads at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from app.inference.embed import LocalEmbedder, Vector
from evals.ground import embedding
from evals.ground.embedding import KeepingEmbedder, RememberingEmbedder


class Model:
    """In the place of a model: what was asked for, and what happens while it computes."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.meanwhile: Iterator[Sequence[str]] = iter(())

    def embed(self, embedder: LocalEmbedder, texts: Sequence[str]) -> list[Vector]:
        self.asked.append(list(texts))
        for others in self.meanwhile:
            embedder.embed(others)
        return [_vector(text) for text in texts]


def _vector(text: str) -> Vector:
    return (float(ord(text)),)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Model:
    made = Model()
    monkeypatch.setattr(LocalEmbedder, "embed", lambda *given: made.embed(*given))
    monkeypatch.setattr(embedding, "KEPT", 2)
    return made


def test_every_vector_is_kept_until_there_are_too_many(model: Model) -> None:
    embedder = KeepingEmbedder()
    assert embedder.embed(["a", "b", "a"]) == [_vector(text) for text in "aba"]
    assert embedder.embed(["b", "c"]) == [_vector(text) for text in "bc"]
    assert embedder.embed(["a"]) == [_vector("a")]
    assert model.asked == [["a", "b"], ["c"], ["a"]]


def test_what_another_thread_forgets_meanwhile_is_not_missed(model: Model) -> None:
    embedder = KeepingEmbedder()
    embedder.embed(["a"])
    model.meanwhile = iter([["x", "y"], ["z"]])
    assert embedder.embed(["a", "b"]) == [_vector(text) for text in "ab"]


def test_only_a_text_that_is_embedded_alone_is_remembered(model: Model) -> None:
    embedder = RememberingEmbedder()
    for texts in ("a", "ab", "a", "b", "c", "a"):
        assert embedder.embed(list(texts)) == [_vector(text) for text in texts]
    assert model.asked == [["a"], ["a", "b"], ["b"], ["c"], ["a"]]
