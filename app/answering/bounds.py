"""What a number is a bound of: "up to 40" and "at least 40" share all words that count."""

from __future__ import annotations

import re

from app.answering.words import NUMBER, numbers

_BOUNDS = {
    "up to": "most", "at most": "most", "no more than": "most", "not more than": "most",
    "a maximum of": "most", "at least": "least", "no less than": "least", "no fewer than": "least",
    "not less than": "least", "a minimum of": "least", "more than": "above", "less than": "below",
    "fewer than": "below", "about": "about", "around": "about", "approximately": "about",
    "roughly": "about", "nearly": "nearly", "almost": "nearly", "only": "only", "just": "only",
    "exactly": "exactly",
}  # fmt: skip
_BOUND = re.compile(
    r"\b(?:" + "|".join(_BOUNDS).replace(" ", r"\s+") + rf")\s+(?={NUMBER})", re.IGNORECASE
)


def without_bounds(sentence: str) -> tuple[str, dict[int, str]]:
    """The sentence without such words, which parsers attach in many ways; and what they were, by
    where the number that they stood before starts in it."""
    bare, bounds, end = "", {}, 0
    for found in _BOUND.finditer(sentence):
        bare += sentence[end : found.start()]
        bounds[len(bare)] = _BOUNDS[" ".join(found[0].lower().split())]
        end = found.end()
    return bare + sentence[end:], bounds


def bounds(sentence: str) -> set[tuple[str, frozenset[str]]]:
    """Each bound with its number."""
    bare, found = without_bounds(sentence)
    return {(bound, frozenset(numbers(bare[at:].split()[0]))) for at, bound in found.items()}
