"""Other engines on the same vectors and permissions, each in the most favourable reasonable way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

from evals.bench.contender import Contender, Tables

INSTALL = "install it with `make bench-setup`"
ENGINES: Mapping[str, tuple[str, str]] = {
    "numpy exact": ("numpy", "evals.bench.peers.numpy_exact"),
    "FAISS": ("faiss", "evals.bench.peers.faiss_hnsw"),
    "Qdrant": ("qdrant_edge", "evals.bench.peers.qdrant"),
    "LanceDB": ("lancedb", "evals.bench.peers.lance"),
    "Milvus Lite": ("milvus_lite", "evals.bench.peers.milvus"),
}
"""Of each engine the package that it is in, and the module here, whose `start(folder, tables)`
gives the contender."""


@dataclass
class Peers:
    """The engines that take part, the seconds that each took to take the vectors in, and a
    sentence for each that does not."""

    contenders: list[Contender] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


def start_peers(folder: Path, tables: Tables, say: Callable[[str], None]) -> Peers:
    """Fill every engine that is installed. `folder` is theirs to write to."""
    peers = Peers()
    folder.mkdir(exist_ok=True)
    for name, (package, module) in ENGINES.items():
        if find_spec(package) is None:
            peers.missing.append(f"{name} did not take part: {package} is missing; {INSTALL}")
            say(peers.missing[-1])
            continue
        say(f"{name}: taking the vectors in")
        began = perf_counter()
        peers.contenders.append(import_module(module).start(folder, tables))
        peers.seconds[name] = perf_counter() - began
    return peers
