"""Labelled texts with their values masked, as somebody would who does not want them found."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from dataclasses import replace

from evals.measures.spans import Span
from evals.suites.pii.labelled import Labelled

_LOOKALIKES = str.maketrans(
    "0123456789ABCEHKMOPTX",
    "".join(chr(0xFF10 + n) for n in range(10))
    + "\u0410\u0412\u0421\u0415\u041d\u041a\u041c\u041e\u0420\u0422\u0425",
)


def _middle(value: str, by: str) -> str:
    """`by` between two characters in the middle, neither of them a space."""
    for n in range(len(value) // 2, len(value)):
        if value[n - 1 : n + 1].isalnum():
            return value[:n] + by + value[n:]
    return value


MUTATIONS: Mapping[str, Callable[[str], str]] = {
    "zero-width": "\u200b".join,
    "homoglyphs": lambda value: value.translate(_LOOKALIKES),
    "line break": lambda value: _middle(value, "\n"),
    "HTML entities": lambda value: "".join(f"&#{ord(c)};" if c.isalnum() else html.escape(c)
                                           for c in value),
}  # fmt: skip


def mutated(text: Labelled, types: frozenset[str], by: Callable[[str], str]) -> Labelled:
    """The text with every value of `types` masked; the spans lie where the values are now."""
    parts: list[str] = []
    spans: list[tuple[str, Span]] = []
    at = length = 0
    for type_, (start, end) in sorted(text.spans, key=lambda one: one[1]):
        if type_ not in types or start < at:
            continue
        value = by(text.text[start:end])
        parts += [text.text[at:start], value]
        length += start - at
        spans.append((type_, (length, length + len(value))))
        length += len(value)
        at = end
    return replace(text, text="".join([*parts, text.text[at:]]), spans=spans)
