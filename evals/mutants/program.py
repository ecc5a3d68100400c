"""How a fault comes into the program, and goes again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch


@dataclass(frozen=True)
class Replaced:
    """The function or value that `target` names, `module.attribute` where it is used, replaced by
    another."""

    target: str
    by: Callable[..., Any] | Any

    @contextmanager
    def planted(self) -> Iterator[None]:
        with patch(self.target, self.by):
            yield


@dataclass(frozen=True)
class Together:
    """Replacements that make one fault."""

    parts: tuple[Replaced, ...]

    @contextmanager
    def planted(self) -> Iterator[None]:
        with ExitStack() as stack:
            for part in self.parts:
                stack.enter_context(part.planted())
            yield
