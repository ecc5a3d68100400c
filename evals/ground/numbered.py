"""Which number a prompt gives to a passage."""

from __future__ import annotations

import re


def number_of(words: str, prompt: str) -> str | None:
    """The number before the passage where these words come first, in whichever way it is set off;
    None where they are in none."""
    before, found, _ = prompt.partition(words)
    numbers = re.findall(r"^\[(\d+)\]", before, re.MULTILINE)
    return numbers[-1] if found and numbers else None
