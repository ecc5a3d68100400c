"""The rules of the house that no tool keeps."""

from __future__ import annotations

from pathlib import Path

LONGEST = 250
"""Lines of a module: more has a seam somewhere."""


def test_no_module_is_too_long(project: Path) -> None:
    lengths = {
        str(path.relative_to(project)): len(path.read_text().splitlines())
        for part in ("app", "ingestion")
        for path in (project / part).rglob("*.py")
    }
    assert len(lengths) > 100
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST} == {}
