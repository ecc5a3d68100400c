"""How well a passage answers a query, by a cross-encoder in this process.

It reads query and passage together (Nogueira and Cho, "Passage Re-ranking with BERT", 2019), so it
tells better than two vectors do, and takes longer: it looks only at what a search has found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from app.errors import ConfigurationError


class Reranker(Protocol):
    """Anything that says how well passages answer a query."""

    @property
    def name(self) -> str:
        """What the scores depend on: model and revision."""

    def score(self, query: str, passages: Sequence[str]) -> list[float]:
        """One number per passage, in order, higher is better; it depends on that passage and the
        query alone. Blocks: call it from a thread."""


@dataclass
class LocalReranker:
    """A cross-encoder of sentence-transformers with one output, from a folder; loaded at its first
    use. Raises ConfigurationError where the folder holds none."""

    folder: Path
    batch_size: int = 16
    most_tokens: int = 512
    _model: Any = None
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        if not (self.folder / "config.json").is_file():
            raise ConfigurationError(f"{self.folder}: there is no reranking model here")

    @property
    def name(self) -> str:
        return self.folder.name

    def score(self, query: str, passages: Sequence[str]) -> list[float]:
        if not passages:
            return []
        with self._lock:
            if self._model is None:
                self._model = self._load()
            scores = self._model.predict(
                [(query, passage) for passage in passages],
                batch_size=self.batch_size,
                show_progress_bar=False,
            )
        return [float(score) for score in scores]

    def _load(self) -> Any:
        """torch is imported here, not before."""
        from sentence_transformers import CrossEncoder
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()  # type: ignore[no-untyped-call]
        model = CrossEncoder(
            str(self.folder), device="cpu", local_files_only=True, max_length=self.most_tokens
        )
        if model.num_labels != 1:
            raise ConfigurationError(
                f"{self.folder}: a reranking model has one output, this one {model.num_labels}"
            )
        return model
