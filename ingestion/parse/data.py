"""Data: the rows of CSV, and the values of JSON after the names that lead to them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

from app.domain.document import Element
from ingestion.parse.reading import Read, Reading

_LARGEST = 1_000_000
"""Characters of a cell: a quotation mark that is never closed makes one of all that follows."""
_SAMPLE = 8_192
_DELIMITERS = ",;\t|"


def from_csv(text: str, reading: Reading) -> Read:
    """One table, its cells separated by bars; what separates them in the file is seen from its
    beginning. Raises csv.Error."""
    try:
        dialect: type[csv.Dialect] = csv.Sniffer().sniff(text[:_SAMPLE], _DELIMITERS)
    except csv.Error:
        dialect = csv.excel
    csv.field_size_limit(_LARGEST)
    rows = ([" ".join(cell.split()) for cell in row] for row in csv.reader(StringIO(text), dialect))
    lines = "\n".join(" | ".join(row) for row in rows if any(row))
    return "", [Element("table", reading.clean(lines))]


def from_json(text: str, reading: Reading) -> Read:
    """A text of lines `a.b: value` for each entry at the top. Raises ValueError, RecursionError."""
    found = json.loads(text)
    parts = found.items() if isinstance(found, dict) else enumerate(_listed(found), 1)
    elements = [
        Element("text", reading.clean("\n".join(_lines(str(name), value)))) for name, value in parts
    ]
    title = found.get("title") if isinstance(found, dict) else ""
    return title if isinstance(title, str) else "", elements


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
