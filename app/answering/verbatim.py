"""Answers that are nothing but sentences of the passages, chosen by the model.

The engine is given the sentences as a JSON schema, which vLLM keeps to (`structured_outputs`, since
0.12). What it says is held against them again: an engine that ignores the schema shows nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from app.answering.orders import is_order
from app.answering.sentences import sentences
from app.domain.scope import Passage

MOST = 3
"""So many sentences make an answer."""


def quotable(passages: Sequence[Passage]) -> Mapping[str, int]:
    """Every sentence of the passages as it stands there, with the number of its passage; what is an
    order to the model is no answer."""
    found: dict[str, int] = {}
    for number, passage in enumerate(passages, start=1):
        for raw, shown in sentences(passage.text):
            if not is_order(shown):
                found.setdefault(raw, number)
    return found


def schema(quotes: Mapping[str, int]) -> Mapping[str, Any]:
    """The JSON schema of an array of at most `MOST` of them."""
    return {"type": "array", "items": {"enum": list(quotes)}, "maxItems": MOST}


def chosen(said: str, quotes: Mapping[str, int]) -> tuple[list[tuple[str, int]], int]:
    """The quotes that a model chose, each once, and how much of what it said was none."""
    try:
        items = json.loads(said)
    except (ValueError, RecursionError):
        return [], 1
    if not isinstance(items, list):
        return [], 1
    kept = dict.fromkeys(i for i in items if isinstance(i, str) and i in quotes)
    others = sum(not isinstance(item, str) or item not in quotes for item in items)
    return [(quote, quotes[quote]) for quote in list(kept)[:MOST]], others
