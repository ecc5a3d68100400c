"""JSON: its values, each after the names that lead to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from app.domain.document import Element
from ingestion.parse.reading import Read, Reading


def from_json(text: str, reading: Reading) -> Read:
    """A text of lines `a.b: value` for each entry at the top. Raises ValueError, RecursionError."""
    found = json.loads(text)
    parts = found.items() if isinstance(found, dict) else enumerate(_listed(found), 1)
    elements = [
        Element("text", reading.clean("\n".join(_lines(str(name), value)))) for name, value in parts
    ]
    title = found.get("title") if isinstance(found, dict) else ""
    return title if isinstance(title, str) else "", {}, elements


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found]


def _lines(path: str, value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _lines(f"{path}.{name}", inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _lines(path, inner)
    elif value is not None and value != "":
        yield f"{path}: {value}"
