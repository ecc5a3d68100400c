"""What one run measures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.errors import InvalidInput

DIMENSIONS = 384
SMALLEST = 2_000
"""Chunks below which shares of 0.1 and 0.01 % are no whole chunks and nothing is told apart."""
FEWEST_QUERIES = 10
SHARES = (1.0, 0.3, 0.1, 0.01, 0.001, 0.0001)
"""Of all chunks, what the measured subjects read."""


@dataclass(frozen=True, slots=True)
class Options:
    """`queries` are asked as each subject of each workload, half of them inside its own topics;
    `peers` says whether other engines take part, on every `peer_every`-th query.

    `vectors` is a file of one's own vectors, `out` where the report goes; `data_dir` holds the
    scratch data, None: a temporary folder.
    """

    chunks: int
    seed: int
    queries: int
    workloads: tuple[str, ...]
    vectors: Path | None
    peers: bool
    peer_every: int
    writes: bool
    out: Path
    data_dir: Path | None
    keep: bool

    def check(self, known: Sequence[str]) -> None:
        """Raises InvalidInput in words for the person who chose them."""
        unknown = [name for name in self.workloads if name not in known]
        if unknown:
            raise InvalidInput(f"there is no workload {unknown[0]!r}; there are {', '.join(known)}")
        if not self.workloads:
            raise InvalidInput(f"name at least one workload of {', '.join(known)}")
        if self.vectors is None and self.chunks < SMALLEST:
            raise InvalidInput(
                f"{self.chunks} chunks are too few to have shares of 0.1 %; take at least"
                f" {SMALLEST}"
            )
        if self.queries < FEWEST_QUERIES:
            raise InvalidInput(
                f"{self.queries} queries have no 95th percentile; take at least {FEWEST_QUERIES}"
            )
        if self.peer_every < 1:
            raise InvalidInput("other engines take part on every n-th query, from 1 on")
        if self.seed < 0:
            raise InvalidInput("a seed is a whole number from 0 on")
        folder = self.data_dir
        if folder and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise InvalidInput(
                f"{folder} is no empty folder; the scratch data need one of their own"
            )
