"""What a question names and a model of meaning does not know.

To such a model the lease of one unknown house is as good as that of another. So the words have to
say the name, or nothing answers the question; and what is said of it has to be about the question
without the name as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from uuid import UUID

from app.answering.words import content_words, named_words, plain_words, respelled, stem
from app.domain.scope import Passage
from app.inference.embed import Lexicon

ALIKE = 0.85
"""So alike, a name and a word are taken for one that was mistyped."""
_LONG = 5
"""Letters of a name from which on it may be mistyped."""


@dataclass(frozen=True, slots=True)
class Named:
    """The stems of the unknown names of a question; `alone` says that it asks of nothing else."""

    names: frozenset[str]
    alone: bool

    @classmethod
    def of(cls, question: str, lexicon: Lexicon) -> Named:
        """Blocks. A question whose other words are mostly unknown too is in another language, of
        which the model knows no name from a noun: it names nothing."""
        names = frozenset(stem(w) for w in named_words(question) if not lexicon.knows(w))
        others = plain_words(question)
        if 2 * sum(lexicon.knows(word) for word in others) < len(others):
            names = frozenset()
        return cls(names, content_words(question) <= names)

    def about(self, passages: Sequence[Passage]) -> tuple[Passage, ...]:
        """Those of documents that have one of the names; none, where one of them stands nowhere.

        By documents, since a page names its subject once and then goes on about it.
        """
        if not self.names:
            return tuple(passages)
        having: dict[str, set[UUID]] = {name: set() for name in self.names}
        for passage in passages:
            words = content_words(f"{passage.title} {passage.heading} {passage.text}")
            for name in self.names:
                if any(_same(name, word) for word in words):
                    having[name].add(passage.document_id)
        if not all(having.values()):
            return ()
        documents = set().union(*having.values())
        return tuple(passage for passage in passages if passage.document_id in documents)

    def asked(self, question: str) -> set[str]:
        """The stems of what is asked of what is named."""
        return content_words(question) - self.names

    @property
    def tells(self) -> bool:
        """Whether something is asked of something that is named."""
        return bool(self.names) and not self.alone

    def unnamed(self, text: str) -> str:
        """A text with "it" for each of the names."""
        return respelled(text, lambda word: "it" if self._has(stem(word)) else word)

    def _has(self, word: str) -> bool:
        return any(_same(name, word) for name in self.names)


def _same(name: str, word: str) -> bool:
    if name == word:
        return True
    if len(name) < _LONG or name[0] != word[:1] or abs(len(name) - len(word)) > 1:
        return False
    return SequenceMatcher(None, name, word, autojunk=False).ratio() >= ALIKE
