"""The words of a sentence and how they are related."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Edge:
    """`label` says how `tail` depends on `head`; `flags` are what the verb between them adds."""

    head: int
    label: str
    tail: int
    flags: frozenset[str] = frozenset()


@dataclass
class Relations:
    """`words` are the stems of the words that say something, by their place; `flags` their
    negations, modal verbs and quantifiers; `top` is what the sentence is about in the end."""

    words: dict[int, str] = field(default_factory=dict)
    flags: dict[int, set[str]] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    top: int = 0
