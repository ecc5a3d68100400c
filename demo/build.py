"""Render the whole corpus: `python -m demo.build FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path

from demo.document import CORPUS, SIDECAR, corpus
from demo.formats import render


def build(target: Path, folder: Path = CORPUS) -> tuple[int, int]:
    """Make `target` exactly what the corpus says; how many documents, and how many changed."""
    wanted = {document.target: render(document) for document in corpus(folder)}
    sidecars = {path.relative_to(folder): path.read_bytes() for path in folder.rglob(SIDECAR)}
    changed = sum(_write(target / path, content) for path, content in wanted.items())
    for path, content in sidecars.items():
        _write(target / path, content)
    for path in sorted(target.rglob("*"), reverse=True):
        relative = path.relative_to(target)
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif relative not in wanted and relative not in sidecars:
            path.unlink()
    return len(wanted), changed


def _write(path: Path, content: bytes) -> bool:
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return True


if __name__ == "__main__":
    documents, changed = build(Path(sys.argv[1]))
    print(f"the demo company has {documents} documents ({changed} written)")
