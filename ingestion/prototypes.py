"""Documents like those that somebody showed are as strict as these: compared by meaning.

Cosine of the vectors of a document's chunks and of the examples' chunks; the nearest pair counts.
From `sure` on the document is of their level, from `doubt` on too, and somebody should look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from app.authz.levels import load_levels
from app.domain.document import Element, Rendition
from app.errors import ConfigurationError
from app.inference.embed import Embedder, Vector
from ingestion.chunk import chunk, embedded_text
from ingestion.classify import Said

FOLDER = "prototypes"
"""Beside the policies."""
DOUBT, SURE = 0.5, 0.6
_KEYS = {"level", "name", "folder", "doubt", "sure"}
_SUFFIXES = (".md", ".txt")


@dataclass(frozen=True)
class Prototype:
    """Examples of one kind: `vectors` has a row for each of their chunks, of unit length."""

    level: str
    name: str
    doubt: float
    sure: float
    vectors: np.ndarray


@dataclass(frozen=True)
class Prototypes:
    """All kinds, of the levels from the least strict on."""

    levels: tuple[str, ...]
    kinds: tuple[Prototype, ...] = ()

    @classmethod
    def load(cls, policies: Path, embedder: Embedder) -> Prototypes:
        """Those of `classification.yaml`. Raises ConfigurationError. Blocks: it embeds them."""
        path, levels = policies / "classification.yaml", load_levels(policies)
        try:
            said = yaml.safe_load(path.read_text(encoding="utf-8")).get("prototypes") or []
            kinds = tuple(_prototype(one, policies, levels, embedder) for one in said)
        except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
            raise ConfigurationError(
                f"{path}: prototypes: write a list of level, name and folder, with texts in"
                f" {policies / FOLDER}/FOLDER ({error})"
            ) from error
        return cls(levels, kinds)

    def alike(self, vectors: Sequence[Vector]) -> Said | None:
        """The strictest that a document with these vectors is like; None: it is like none."""
        if not self.kinds or not vectors:
            return None
        mine = np.asarray(vectors, dtype=np.float32)
        found = [said for kind in self.kinds if (said := _like(kind, mine)) is not None]
        return max(found, key=lambda s: (self.levels.index(s.level), s.sure), default=None)


def example_files(policies: Path) -> list[Path]:
    """The texts of all examples, in an order that stays."""
    return sorted(p for p in (policies / FOLDER).rglob("*") if p.suffix in _SUFFIXES)


def _like(kind: Prototype, mine: np.ndarray) -> Said | None:
    nearest = float((mine @ kind.vectors.T).max())
    if nearest < kind.doubt:
        return None
    return Said(kind.level, f"like {kind.name} ({nearest:.2f})", sure=nearest >= kind.sure)


def _prototype(said: Any, policies: Path, levels: tuple[str, ...], embedder: Embedder) -> Prototype:
    if unknown := set(said) - _KEYS:
        raise ValueError(f"unknown {min(unknown)}")
    level, name, folder = said["level"], said["name"], said["folder"]
    doubt, sure = float(said.get("doubt", DOUBT)), float(said.get("sure", SURE))
    if level not in levels or not isinstance(name, str) or not 0 < doubt <= sure <= 1:
        raise ValueError("a level of ours, a name, and 0 < doubt <= sure <= 1")
    files = [path for path in example_files(policies) if path.parent.name == folder]
    texts = [text for path in files for text in _texts(path)]
    if not texts:
        raise ValueError(f"no example in {folder}")
    return Prototype(level, name, doubt, sure, np.asarray(embedder.embed(texts), dtype=np.float32))


def _texts(path: Path) -> list[str]:
    """An example in pieces, as a document is embedded."""
    paragraphs = path.read_text(encoding="utf-8").split("\n\n")
    elements = tuple(Element("text", " ".join(p.split())) for p in paragraphs if p.strip())
    rendition = Rendition("", path.stem, elements, {}, ())
    return [embedded_text(path.stem, piece) for piece in chunk(rendition)]
