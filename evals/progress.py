"""What a long command says on standard error while it works."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from time import monotonic


class Progress:
    """Says what is being done: on a terminal in one line that changes, elsewhere a line each,
    without those that hold one of the words `often`."""

    def __init__(self, often: Sequence[str] = ()) -> None:
        self._began = monotonic()
        self._often = often

    def __call__(self, what: str) -> None:
        seconds = f"{monotonic() - self._began:6.0f} s"
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{seconds}  {what}\033[K")
        elif not any(words in what for words in self._often):
            sys.stderr.write(f"{seconds}  {what}\n")
        sys.stderr.flush()

    def end(self) -> None:
        """Clear the line that changes: what is printed next begins at its start."""
        if sys.stderr.isatty():
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
